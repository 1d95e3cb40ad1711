"""The payments' data: attempts, payments, refunds, disputes, the inbox, and what the providers list and pay out."""

from payments.models.attempts import PaymentAttempt
from payments.models.bank import BankRequest
from payments.models.bank_credits import BankCredit, BankStatement, StatementColumns
from payments.models.disputes import Dispute, DisputeEvidence, DisputeNote
from payments.models.payments import Payment, Refund
from payments.models.payouts import PayoutLine, PayoutReport
from payments.models.refund_lines import RefundLine
from payments.models.reimbursements import ReimbursementPart
from payments.models.transfers import TransferInstruction, TransferReceipt
from payments.models.watch import ProviderWatch, StrayPayment
from payments.models.webhooks import WebhookEvent

__all__ = [
    "BankCredit",
    "BankRequest",
    "BankStatement",
    "Dispute",
    "DisputeEvidence",
    "DisputeNote",
    "Payment",
    "PaymentAttempt",
    "PayoutLine",
    "PayoutReport",
    "ProviderWatch",
    "Refund",
    "RefundLine",
    "ReimbursementPart",
    "StatementColumns",
    "StrayPayment",
    "TransferInstruction",
    "TransferReceipt",
    "WebhookEvent",
]
