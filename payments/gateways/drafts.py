"""An optional protocol of a gateway: taking a dispute's evidence as a draft."""

from collections.abc import Mapping
from typing import Protocol


class DraftsEvidence(Protocol):
    """A gateway whose API takes evidence without sending it to the bank."""

    def draft_evidence(self, dispute_id: str, texts: Mapping[str, str]) -> None:
        """Put texts (by `DisputeEvidence.Kind`) into the provider's form as a draft; repeating writes them again."""
        ...
