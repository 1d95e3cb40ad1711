"""Evidence put into a provider's own form as a draft, where its API takes one; a person sends it to the bank.

A bank reviews evidence once. A draft can be completed with files and corrected in the provider's panel, so
putting it there is safe to repeat; nothing here ever submits it.
"""

from typing import cast

from django.utils.translation import override

from payments import gateways
from payments.disputes import evidence
from payments.gateways.drafts import DraftsEvidence
from payments.models import Dispute
from shop.core.states import record

# English is what the banks of every network read.
_LANGUAGE = "en"


class NoDraft(Exception):
    """This provider takes no evidence by its API, or the dispute takes none now. Trying again does not help."""


def is_offered(dispute: Dispute) -> bool:
    """Say whether the provider's API takes a draft for this dispute."""
    return dispute.waits_for_us and hasattr(gateways.get(dispute.gateway), "draft_evidence")


def put(dispute: Dispute, *, actor: str) -> None:
    """Put what the shop shows for a dispute, and the staff's notes on it, into the provider's form as a draft.

    Only lines that are ticked as being at hand go there. The provider is called outside every transaction; repeating
    it writes the same draft again.

    Raises:
        NoDraft: the provider or the dispute takes none, or nothing is ticked.
        GatewayError: the provider did not answer, or refused.
    """
    if not is_offered(dispute):
        raise NoDraft(str(dispute))
    with override(_LANGUAGE):
        texts = {
            fact.kind: "\n".join([*fact.words, *([fact.row.note] if fact.row.note else [])])
            for fact in evidence.facts(dispute)
            if fact.row and fact.row.is_ready
        }
    texts = {kind: text for kind, text in texts.items() if text}
    if not texts:
        raise NoDraft(str(dispute))
    gateway = cast(DraftsEvidence, gateways.get(dispute.gateway))
    gateway.draft_evidence(dispute.external_id, texts)
    record(dispute, "evidence drafted", actor=actor, data={"kinds": sorted(texts)})
