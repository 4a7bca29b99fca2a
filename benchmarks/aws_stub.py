"""SageMaker's runtime and S3, as far as a benchmark of their caller needs them.

`python -m benchmarks.aws_stub --invoke-ms 50 --put-ms 30` listens on a free port of 127.0.0.1, prints its URL,
and ends when its standard input closes: with whoever started it.
"""

import argparse
import asyncio
import json
import sys

REPLY = json.dumps(
    [
        {
            "generated_text": " there was a fox who lived at the edge of the wood." * 8,
            "finish_reason": "length",
            "usage": {"prompt_tokens": 4, "completion_tokens": 96},
        }
    ]
).encode()
_INVOKED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    b"x-amzn-invoked-production-variant: AllTraffic\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(REPLY), REPLY)
)
_PUT = b'HTTP/1.1 200 OK\r\netag: "0"\r\ncontent-length: 0\r\n\r\n'


async def serve(invoke_seconds: float, put_seconds: float) -> None:
    """Answer until standard input closes."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"100-continue" in head.lower():
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await _skip_body(reader, head)
                is_put = head.startswith(b"PUT ")
                await asyncio.sleep(put_seconds if is_put else invoke_seconds)
                writer.write(_PUT if is_put else _INVOKED)
                await writer.drain()
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


async def _skip_body(reader: asyncio.StreamReader, head: bytes) -> None:
    """Read what follows the headers: so many bytes, or chunks with trailers, as boto3 sends them."""
    headers = dict(
        line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
    )
    if headers.get(b"transfer-encoding") != b"chunked":
        await reader.readexactly(int(headers.get(b"content-length", 0)))
        return
    while size := int((await reader.readline()).split(b";")[0], 16):
        await reader.readexactly(size + 2)
    while await reader.readline() != b"\r\n":
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--invoke-ms", type=float, default=0)
    parser.add_argument("--put-ms", type=float, default=0)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.invoke_ms / 1000, arguments.put_ms / 1000))
