"""Follows one task with Debian's python3-websockets; argv: the WebSocket URL. One JSON line for each message."""

import asyncio
import json
import sys

import websockets


async def follow(url):
    since = None
    while True:
        try:
            async with websockets.connect(url if since is None else f'{url}?since={since}') as socket:
                async for text in socket:
                    print(text, flush=True)
                    since = json.loads(text).get('seq', since)
                return  # closed by the server, normally: the task has ended
        except (OSError, websockets.ConnectionClosedError, websockets.InvalidMessage):
            print(json.dumps({'cut': True}), flush=True)
            await asyncio.sleep(0.1)


asyncio.run(follow(sys.argv[1]))
