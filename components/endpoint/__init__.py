"""What a GenAIEndpoint is made of, one concern per file; `components.genai_endpoint` composes them."""
