"""SageMaker: models, endpoints and their containers; asking them."""
