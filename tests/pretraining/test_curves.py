"""The figure of the losses."""

import json
import xml.etree.ElementTree as ET

from click.testing import CliRunner

from pretraining.__main__ import main


def test_every_loss_of_every_run_is_drawn(tmp_path):
    for name, loss in (("bert-nano", "masked tokens"), ("koelectra-nano", "replaced tokens")):
        run = tmp_path / name
        run.mkdir()
        (run / "run.json").write_text(json.dumps({"encoder": name}))
        entries = [
            {"step": step, "training": {"loss": 2.0, loss: 9 - step / 100}}
            | ({"held_out": {"loss": 2.0, loss: 8 - step / 100}} if step % 100 == 0 else {})
            for step in range(50, 350, 50)
        ]
        (run / "history.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in entries))
    figure = tmp_path / "curves.svg"

    runs = [str(tmp_path / name) for name in ("bert-nano", "koelectra-nano")]
    done = CliRunner().invoke(main, ["curves", *runs, "--output", str(figure)])

    assert done.exit_code == 0, done.output
    words = {element.text for element in ET.parse(figure).iter()}
    assert {"bert-nano", "koelectra-nano", "step", "nats per prediction"} <= words
    assert {"masked tokens, training", "replaced tokens, held out"} <= words
