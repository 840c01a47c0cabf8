"""What delivery promises, each against its peer."""

from __future__ import annotations

from benchmarks import memory, pacing, queueing, throughput
from benchmarks.measures import Measure, measures_table


def delivery() -> list[Measure]:
    """Runs every benchmark of delivery; takes some minutes."""
    rates = throughput.measure()
    peaks = memory.measure()
    seconds = queueing.measure()
    paced = pacing.pacing()
    return [
        Measure(
            "messages a second ÷ a bare aiohttp loop, 500 in flight",
            f"{rates.engine:,.0f} ÷ {rates.aiohttp:,.0f}",
            rates.engine / rates.aiohttp,
            1.0,
            at_least=True,
        ),
        Measure(
            "messages a second ÷ a loop over the official client",
            f"{rates.engine:,.0f} ÷ {rates.official:.1f}",
            rates.engine / rates.official,
            300,
            at_least=True,
        ),
        Measure(
            "peak memory of `run`, 1,000,000 queued ÷ 10,000",
            f"{peaks.many / 2**20:.0f} MiB ÷ {peaks.few / 2**20:.0f} MiB",
            peaks.many / peaks.few,
            1.2,
            at_least=False,
        ),
        Measure(
            "`send --everyone` for 1,000,000 people ÷ one INSERT … SELECT",
            f"{seconds.engine:.2f} s ÷ {seconds.insert:.2f} s",
            seconds.engine / seconds.insert,
            4,
            at_least=False,
        ),
        Measure(
            "share of its rate that a paced sender reaches",
            f"{pacing.RATE}/s for {pacing.SECONDS} s",
            paced.share,
            0.98,
            at_least=True,
        ),
        Measure(
            "most in any ten seconds ÷ what the rate allows",
            "the same run, as the provider saw it",
            paced.most,
            1.0,
            at_least=False,
        ),
        Measure(
            "first message on the wire after `send` while `run` waits",
            f"median of {pacing.SENDS}",
            pacing.first_message() * 1000,
            50,
            at_least=False,
            unit=" ms",
        ),
    ]


if __name__ == "__main__":
    print(measures_table(delivery()))
