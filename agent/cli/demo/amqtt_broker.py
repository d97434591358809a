"""`python -m agent.cli.demo.amqtt_broker PORT`: a broker for machines without mosquitto, in a process of its own.

It speaks MQTT 3.1.1 and keeps nothing. Exit codes: 0 stopped by SIGTERM; 1 amqtt is not installed.
"""

import asyncio
import logging
import signal
import sys


async def serve(port: int) -> None:
    """Serve loopback connections until SIGTERM."""
    from amqtt.broker import Broker  # noqa: PLC0415 - optional, and slow to import

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    await stop.wait()
    await broker.shutdown()


def main() -> int:
    """Run the broker; return the exit code."""
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(message)s")
    for noisy in ("amqtt", "transitions"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        asyncio.run(serve(int(sys.argv[1])))
    except ImportError as error:
        print(f"amqtt cannot be used: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
