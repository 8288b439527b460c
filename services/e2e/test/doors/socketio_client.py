"""Follows one request with Debian's python3-socketio; argv: URL and requestId. One JSON line for each frame."""

import asyncio
import json
import sys

import socketio

url, request_id = sys.argv[1:]
seq = 0
# the one with threads runs each handler in one of its own, so that frames overtake one another
io = socketio.AsyncClient(reconnection_delay=0.1, reconnection_delay_max=0.2)


@io.event
async def connect():
    await io.emit('rejoin', {'requestId': request_id, 'since': seq})


@io.event
async def disconnect():
    print(json.dumps({'name': 'cut', 'body': {}}), flush=True)


@io.on('*')
async def any_frame(name, body):
    global seq
    print(json.dumps({'name': name, 'body': body}), flush=True)
    seq = max(seq, body.get('seq', 0))
    if name == 'request.completed':
        ended.set()


async def follow():
    global ended
    ended = asyncio.Event()
    await io.connect(url, transports=['websocket'])
    await ended.wait()
    await io.disconnect()


asyncio.run(follow())
