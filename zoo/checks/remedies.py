"""How the classic faults are mended, in a few lines of code each."""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a fault is, lines that do it right, and a sign of it in a component's source."""

    fault: str
    code: str
    sign: str

    def __str__(self) -> str:
        fault = textwrap.fill(f"usual cause: {self.fault}", 76, subsequent_indent="  ")
        return f"{fault}\n{textwrap.indent(self.code, '    ')}"


LAST_POSITION = Remedy(
    "[:, -1] is the last position of the batch, not the last token of the sentence",
    """\
last = attention_mask.sum(dim=1) - 1  # (batch,)
state = hidden[torch.arange(len(hidden), device=hidden.device), last]""",
    r"\[\s*:\s*,\s*-1",
)
UNPACKED = Remedy(
    "the recurrent layer runs over padding: the backward direction begins in it",
    """\
lengths = attention_mask.sum(dim=1).clamp(min=1).cpu()
packed = pack_padded_sequence(
    hidden, lengths, batch_first=True, enforce_sorted=False
)
states, last = self.rnn(packed)""",
    r"nn\.(LSTM|GRU|RNN)\(|\b(LSTM|GRU|RNN)\(",
)
UNMASKED_MAX = Remedy(
    "the maximum is taken over padding, too",
    """\
is_padding = attention_mask.eq(0).unsqueeze(-1)  # (batch, seq, 1)
pooled = hidden.masked_fill(is_padding, -torch.inf).amax(dim=1)""",
    r"\.a?max\(|max_pool",
)
CONVOLUTION = Remedy(
    "windows of the convolution reach into padding: clear it before, mask the windows after",
    """\
tokens = hidden.masked_fill(attention_mask.eq(0).unsqueeze(-1), 0)
windows = self.convolution(pad(tokens.transpose(1, 2), (0, width - 1)))
lengths = attention_mask.sum(dim=1, keepdim=True)  # (batch, 1)
starts = torch.arange(windows.shape[2], device=windows.device)
within = starts <= (lengths - width).clamp(min=0)  # (batch, seq)
pooled = windows.masked_fill(~within.unsqueeze(1), -torch.inf).amax(dim=2)""",
    r"Conv1d|conv1d",
)
UNMASKED_MEAN = Remedy(
    "the mean counts padding: divide by the number of real tokens",
    """\
is_padding = attention_mask.eq(0).unsqueeze(-1)  # (batch, seq, 1)
total = hidden.masked_fill(is_padding, 0).sum(dim=1)
pooled = total / attention_mask.sum(dim=1, keepdim=True).clamp(min=1)""",
    r"\.mean\(|avg_pool|AvgPool",
)
UNMASKED_ATTENTION = Remedy(
    "padding takes part in attention: mask its scores with -inf before the softmax, not with 0",
    """\
scores = scores.masked_fill(attention_mask.eq(0), -torch.inf)  # (batch, seq)
weights = scores.softmax(dim=1)
# nn.MultiheadAttention: key_padding_mask=attention_mask.eq(0), True where padding is""",
    r"softmax|Attention|TransformerEncoder|key_padding_mask",
)
BATCH_FIRST = Remedy(
    "a layer takes the first axis for time: it then mixes the sentences of a batch",
    """\
nn.LSTM(…, batch_first=True)
nn.TransformerEncoderLayer(…, batch_first=True)
# where two axes change places, transpose, and no view or reshape:
tokens = hidden.transpose(1, 2)  # (batch, hidden, seq)""",
    r"LSTM|GRU|RNN|Transformer|MultiheadAttention|\.view\(|\.reshape\(",
)
STATE = Remedy(
    "something is kept from one call to the next",
    """\
states, last = self.rnn(packed)  # begins at zero; hand in no self.state""",
    r"self\.\w+ = ",
)
FUNCTIONAL_DROPOUT = Remedy(
    "functional dropout is on in evaluation mode as well, unless it is told",
    """\
self.dropout = nn.Dropout(0.3)  # in __init__; or
functional.dropout(hidden, 0.3, training=self.training)""",
    r"functional\.dropout|F\.dropout|\bdropout\(",
)
SOFTMAX = Remedy(
    "cross-entropy applies log-softmax itself; a head returns logits",
    """\
return self.output(pooled)  # no softmax, no sigmoid""",
    r"softmax|sigmoid",
)
IN_PLACE = Remedy(
    "an operation changes what it was given: those that end in _, and item assignment",
    """\
hidden = hidden.masked_fill(is_padding, 0)
# not hidden.masked_fill_(…), not hidden[is_padding] = 0""",
    r"\w_\(|\]\s*[-+*/]?=\s|[-+*/]=",
)
DETACHED = Remedy(
    "the graph is cut, so that what lies below never learns",
    """\
pooled = hidden.amax(dim=1)  # no .detach(), no .data, no torch.no_grad()""",
    r"detach|\.data\b|no_grad|inference_mode|requires_grad",
)
UNUSED = Remedy(
    "a layer is made and never used, or a bias is added before a softmax, which is blind to it",
    """\
# delete the layer; in an encoder of transformers: add_pooling_layer=False
self.score = nn.Linear(hidden_size, 1, bias=False)""",
    r"",
)
DEVICE = Remedy(
    "a tensor is made on the CPU while the states are elsewhere",
    """\
positions = torch.arange(hidden.shape[1], device=hidden.device)
self.register_buffer("table", table)  # in __init__: moves and is saved""",
    r"",
)
DTYPE = Remedy(
    "float32 is written into the code, or a number has no place in a half-precision type",
    """\
weights = attention_mask.to(hidden.dtype)
scores = scores.masked_fill(is_padding, -torch.inf)""",
    r"",
)
SEEDING = Remedy(
    "the code seeds or switches something global",
    """\
# no torch.manual_seed, set_default_dtype or set_num_threads;
# to draw numbers of your own: torch.Generator().manual_seed(…)""",
    r"",
)
KEYWORDS = Remedy(
    "options are the keyword-only parameters, each by its name",
    """\
def __init__(self, hidden_size, num_labels, *, dropout=0.1):  # no **kwargs""",
    r"",
)
UNSAVED = Remedy(
    "something that decides the result is in no parameter and no buffer, so it is not saved",
    """\
self.register_buffer("table", table)  # not self.table = table""",
    r"",
)

_PADDING = (
    LAST_POSITION,
    UNPACKED,
    CONVOLUTION,
    UNMASKED_MAX,
    UNMASKED_ATTENTION,
    UNMASKED_MEAN,
)
# check → what may be behind its failure, the most telling sign first
REMEDIES: dict[str, tuple[Remedy, ...]] = {
    "padding_further": _PADDING,
    "garbage_under_the_mask": _PADDING,
    "longer_neighbours": _PADDING,
    "gradient_at_padding": _PADDING,
    "one_token": _PADDING,
    "batch_equals_one_by_one": (BATCH_FIRST,),
    "order_of_the_batch": (BATCH_FIRST,),
    "eval_repeats_itself": (FUNCTIONAL_DROPOUT, STATE),
    "keeps_nothing_between_calls": (STATE,),
    "returns_logits": (SOFTMAX,),
    "overfits_one_batch": (SOFTMAX, DETACHED),
    "leaves_its_input_alone": (IN_PLACE,),
    "every_parameter_gets_a_gradient": (DETACHED, UNUSED),
    "gradient_reaches_the_encoder": (DETACHED,),
    "moves_between_devices": (DEVICE,),
    "bfloat16": (DTYPE,),
    "leaves_global_state_alone": (SEEDING,),
    "same_seed_same_weights": (SEEDING,),
    "options": (KEYWORDS,),
    "survives_saving": (UNSAVED,),
}


def remedy(check: str, component: type) -> str:
    """The remedy whose sign the component's source shows, else the last one; empty if none."""
    known = REMEDIES.get(check, ())
    if not known:
        return ""
    source = _source(component)
    for one in known:
        if one.sign and re.search(one.sign, source):
            return str(one)
    return str(known[-1])


def _source(component: type) -> str:
    try:
        return inspect.getsource(component)
    except (OSError, TypeError):  # made in a terminal, or compiled
        return ""
