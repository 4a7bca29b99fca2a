"""The function as a web server, for the Lambda Web Adapter: so a text reaches its caller as it is written.

Python's managed runtime cannot stream a response. The adapter is a layer that runs beside a web server,
takes Lambda's events, sends each as an HTTP request to the server and streams the response back.

What the adapter does, as its version 1.0.1 has it:
- with AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap Lambda runs the function's handler as a program,
  "$LAMBDA_TASK_ROOT/$_HANDLER", in place of the runtime: here `handlers/web/start.sh`. It has to be
  executable: https://github.com/awslabs/aws-lambda-web-adapter/blob/4fd04e6e408ad61c36f185282ab1e4a1132915f6/layer/bootstrap
- it asks AWS_LWA_READINESS_CHECK_PATH (/) at the port AWS_LWA_PORT, PORT or 8080 every 10 ms until it
  gets a status below 500: https://awslabs.github.io/aws-lambda-web-adapter/configuration/readiness-check.html
- it adds x-amzn-lambda-context: request_id and deadline, in milliseconds since 1970, among others:
  https://awslabs.github.io/aws-lambda-web-adapter/features/request-context.html
  https://github.com/awslabs/aws-lambda-rust-runtime/blob/062018913c5881b55537a985b371beb3acd27da3/lambda-runtime/src/types.rs
  A client's own header of this name is replaced:
  https://github.com/aws/aws-lambda-web-adapter/blob/0a3a2325c1e43894410506690b7c4021c65697df/CHANGELOG.md
- with AWS_LWA_INVOKE_MODE=response_stream every reply is streamed, those to other events too, which
  their services do not understand: such a function is given HTTP requests only, and its archive has
  nothing that answers other events (components/invoker/archive.py):
  https://github.com/aws/aws-lambda-web-adapter/issues/536
"""
