"""Conditions of an ApplicationTask: their types, reasons and the phase that follows from them."""

from __future__ import annotations

from enum import StrEnum


class ConditionType(StrEnum):
    """metav1.Condition types; each names what is the case when it is True."""

    ADMITTED = "Admitted"
    POD_SCHEDULED = "PodScheduled"
    BROWSER_READY = "BrowserReady"
    WAITING_FOR_INPUT = "WaitingForInput"
    SUCCEEDED = "Succeeded"


class WaitReason(StrEnum):
    """Why Admitted is False: the task waits, nothing is lost."""

    SUSPENDED = "Suspended"
    USER_LIMIT = "UserLimit"
    SITE_LIMIT = "SiteLimit"
    CLUSTER_LIMIT = "ClusterLimit"
    QUOTA_EXCEEDED = "QuotaExceeded"
    PROFILE_MISSING = "ProfileMissing"
    LEASE_UNAVAILABLE = "LeaseUnavailable"
    NAME_TAKEN = "NameTaken"


class InputReason(StrEnum):
    """Why WaitingForInput is True."""

    QUESTION = "Question"
    DRAFT_REVIEW = "DraftReview"
    CAPTCHA = "Captcha"
    LOGIN = "Login"
    TWO_FACTOR = "TwoFactor"


class Reason(StrEnum):
    """How a task ended: the reason of Succeeded, True for SUBMITTED and False for every other."""

    SUBMITTED = "Submitted"
    REJECTED = "Rejected"
    REVIEW_EXPIRED = "ReviewExpired"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    BACKOFF_LIMIT_EXCEEDED = "BackoffLimitExceeded"
    POSTING_CLOSED = "PostingClosed"
    MANUAL_APPLICATION_REQUIRED = "ManualApplicationRequired"
    SUBMISSION_UNCONFIRMED = "SubmissionUnconfirmed"
    DUPLICATE_APPLICATION = "DuplicateApplication"
    CANCELLED = "Cancelled"
    INVALID_SPEC = "InvalidSpec"


class Phase(StrEnum):
    """For the printer column alone; derived from the conditions."""

    PENDING = "Pending"
    QUEUED = "Queued"
    STARTING = "Starting"
    RUNNING = "Running"
    WAITING_FOR_INPUT = "WaitingForInput"
    SUSPENDED = "Suspended"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
