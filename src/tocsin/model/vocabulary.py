"""The words of the field, used verbatim in every table, form and report.

Each list is closed: a value that is not in it is refused where it enters. Unknown is
null, never a middle value. Source: field practice of ceasefire missions (OSCE SMM
report forms, MISP taxonomies, TLP 2.0); ``docs/reference/model.md`` lists them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = [
    "VOCABULARY",
    "Assessment",
    "Attribution",
    "CaseState",
    "Confidence",
    "ControlStatus",
    "CountQualifier",
    "ExplosionAssessment",
    "FindingClass",
    "GuaranteeState",
    "InfoCredibility",
    "InformationOrigin",
    "Intent",
    "Likelihood",
    "Marking",
    "Nature",
    "ObservationKind",
    "ObservationMeans",
    "Origin",
    "PartyResponse",
    "Platform",
    "ProvisionKind",
    "RestrictionKind",
    "SourceReliability",
    "TriggerMode",
    "Verdict",
    "Vote",
    "WeaponClass",
    "WeaponVerification",
]


class Origin(StrEnum):
    """Whether something was observed, is part of an exercise, or is imagined.

    It is part of every content id; stages refuse to mix origins.
    """

    OBSERVED = "observed"
    EXERCISE = "exercise"
    IMAGINED = "imagined"


class ObservationMeans(StrEnum):
    """How somebody came to know."""

    HEARD = "heard"
    SAW = "saw"
    RECORDED = "recorded"
    OBSERVED_IMAGERY = "observed_imagery"
    REPORTED_TO_MISSION = "reported_to_mission"


class Platform(StrEnum):
    """What carried the eye or the ear."""

    PATROL = "patrol"
    FORWARD_PATROL_BASE = "forward_patrol_base"
    STATIC_CAMERA = "static_camera"
    MINI_UAV = "mini_uav"
    MID_RANGE_UAV = "mid_range_uav"
    LONG_RANGE_UAV = "long_range_uav"
    SATELLITE_IMAGERY = "satellite_imagery"
    ACOUSTIC_SENSOR = "acoustic_sensor"
    OPEN_SOURCE = "open_source"
    PARTY_NOTIFICATION = "party_notification"
    HOTLINE = "hotline"
    PARTNER_MISSION = "partner_mission"


class ObservationKind(StrEnum):
    """What was observed."""

    EXPLOSION = "explosion"
    PROJECTILE_IN_FLIGHT = "projectile_in_flight"
    BURST = "burst"
    SHOT = "shot"
    MUZZLE_FLASH = "muzzle_flash"
    ILLUMINATION_FLARE = "illumination_flare"
    AIRBURST = "airburst"
    SALVO = "salvo"
    EXCHANGE_OF_FIRE = "exchange_of_fire"
    UAV_OVERFLIGHT = "uav_overflight"
    WEAPON_PRESENCE = "weapon_presence"
    MILITARY_PRESENCE = "military_presence"
    POSITION_NEW = "position_new"
    POSITION_MOVED_FORWARD = "position_moved_forward"
    TRENCH_OR_FORTIFICATION = "trench_or_fortification"
    MINE_OR_UXO = "mine_or_uxo"
    CRATER = "crater"
    DAMAGE = "damage"
    CASUALTY = "casualty"
    CHECKPOINT = "checkpoint"
    GATHERING = "gathering"
    CONVOY = "convoy"
    JAMMING = "jamming"
    RESTRICTION = "restriction"
    CALM = "calm"


class Nature(StrEnum):
    """What sort of statement an observation is (see ADR 0011).

    An ``event`` may open an incident. A ``period_count`` is a number over an area and a
    time, kept as what it is and never merged with single events. A ``warning``
    corroborates and alone opens nothing. A ``claim`` is a party's own statement.
    """

    EVENT = "event"
    PERIOD_COUNT = "period_count"
    WARNING = "warning"
    CLAIM = "claim"


class ExplosionAssessment(StrEnum):
    """What an explosion was assessed to be."""

    UNDETERMINED = "undetermined"
    OUTGOING = "outgoing"
    IMPACT = "impact"
    AIRBURST = "airburst"
    CONTROLLED_DETONATION = "controlled_detonation"


class Assessment(StrEnum):
    """In which setting it was assessed to have happened."""

    LIVE_FIRE_EXERCISE = "live_fire_exercise"
    OUTSIDE_SECURITY_ZONE = "outside_security_zone"
    INSIDE_DISENGAGEMENT_AREA = "inside_disengagement_area"
    NEAR_DISENGAGEMENT_AREA = "near_disengagement_area"
    OUTSIDE_DISENGAGEMENT_AREA = "outside_disengagement_area"


class CountQualifier(StrEnum):
    """How a count is meant."""

    EXACT = "exact"
    ABOUT = "about"
    OVER = "over"
    AT_LEAST = "at_least"
    UP_TO = "up_to"
    UNCOUNTABLE = "uncountable"
    NONE = "none"


class WeaponClass(StrEnum):
    """Class of weapon."""

    SMALL_ARMS = "small_arms"
    HEAVY_MACHINE_GUN = "heavy_machine_gun"
    AUTOMATIC_GRENADE_LAUNCHER = "automatic_grenade_launcher"
    RECOILLESS_GUN = "recoilless_gun"
    ANTI_AIRCRAFT_CANNON = "anti_aircraft_cannon"
    IFV_CANNON = "ifv_cannon"
    MORTAR_LT_120 = "mortar_lt_120"
    MORTAR_GE_120 = "mortar_ge_120"
    TANK = "tank"
    ARTILLERY_LT_100 = "artillery_lt_100"
    ARTILLERY_GE_100 = "artillery_ge_100"
    MLRS = "mlrs"
    MLRS_HEAVY = "mlrs_heavy"
    TACTICAL_MISSILE = "tactical_missile"
    CRUISE_OR_BALLISTIC_MISSILE = "cruise_or_ballistic_missile"
    SURFACE_TO_AIR_MISSILE = "surface_to_air_missile"
    ATGM = "atgm"
    UAV_RECON = "uav_recon"
    UAV_STRIKE = "uav_strike"
    FPV_DRONE = "fpv_drone"
    AERIAL_BOMB = "aerial_bomb"
    NAVAL = "naval"
    UNKNOWN = "unknown"


class ControlStatus(StrEnum):
    """Who is said to control a place; never a territorial claim."""

    GOVERNMENT_CONTROLLED = "government_controlled"
    NON_GOVERNMENT_CONTROLLED = "non_government_controlled"
    SIDE_A = "side_a"
    SIDE_B = "side_b"
    BUFFER_ZONE = "buffer_zone"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class WeaponVerification(StrEnum):
    """What a visit to a weapons site established."""

    PRESENT = "present"
    MISSING = "missing"
    AGAIN_MISSING = "again_missing"
    ROTATED = "rotated"
    SERIAL_MATCHED = "serial_matched"
    SERIAL_NOT_VERIFIABLE = "serial_not_verifiable"
    IN_VIOLATION_OF_WITHDRAWAL_LINE = "in_violation_of_withdrawal_line"
    BEYOND_LINE_OUTSIDE_DESIGNATED_SITE = "beyond_line_outside_designated_site"
    COULD_NOT_BE_VERIFIED_AS_WITHDRAWN = "could_not_be_verified_as_withdrawn"
    ACCESS_DENIED = "access_denied"


class RestrictionKind(StrEnum):
    """How the freedom of movement or sight was restricted."""

    DENIAL = "denial"
    CONDITIONAL_ACCESS = "conditional_access"
    DELAY = "delay"
    MINE_OR_UXO = "mine_or_uxo"
    WEAPONS_FIRE_NEAR_PATROL = "weapons_fire_near_patrol"
    THREAT_OR_VIOLENCE = "threat_or_violence"
    UAV_FIRE = "uav_fire"
    JAMMING = "jamming"
    GPS_INTERFERENCE = "gps_interference"
    CAMERA_DAMAGE = "camera_damage"
    DETENTION = "detention"
    INFORMATION_REFUSED = "information_refused"
    CROSSING_BLOCKED = "crossing_blocked"


class CaseState(StrEnum):
    """How far the verification of a case has come."""

    OPENED = "opened"
    PRELIMINARY_ASSESSMENT = "preliminary_assessment"
    CLOSED_NO_INCIDENT = "closed_no_incident"
    UNDER_VERIFICATION = "under_verification"
    VERIFIED = "verified"
    NOT_SUBSTANTIATED = "not_substantiated"
    UNABLE_TO_VERIFY = "unable_to_verify"
    UNDER_INVESTIGATION = "under_investigation"
    DRAFT_FINDING = "draft_finding"
    PEER_REVIEW = "peer_review"
    PARTY_REPLY = "party_reply"
    ADOPTED = "adopted"
    ADOPTED_WITH_DISSENT = "adopted_with_dissent"
    SUSPENDED = "suspended"
    RESUMED = "resumed"


class FindingClass(StrEnum):
    """Class of a finding; which breach is which is a protocol (data)."""

    NO_INCIDENT = "no_incident"
    RELEVANT_NOT_VIOLATION = "relevant_not_violation"
    MINOR = "minor"
    SERIOUS = "serious"
    GRAVE = "grave"
    PENDING = "pending"


class Attribution(StrEnum):
    """To whom a finding is attributed."""

    PARTY_A = "party_a"
    PARTY_B = "party_b"
    BOTH = "both"
    PROXY_OF = "proxy_of"
    THIRD_PARTY = "third_party"
    UNDETERMINED = "undetermined"


class Intent(StrEnum):
    """Intent, kept apart from the act."""

    DELIBERATE = "deliberate"
    NEGLIGENT = "negligent"
    ACCIDENTAL = "accidental"
    UNDETERMINED = "undetermined"


class Confidence(StrEnum):
    """Analytic confidence (ICD 203), kept apart from likelihood."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class Likelihood(StrEnum):
    """The seven bands of likelihood of ICD 203."""

    ALMOST_NO_CHANCE = "almost_no_chance"
    VERY_UNLIKELY = "very_unlikely"
    UNLIKELY = "unlikely"
    ROUGHLY_EVEN_CHANCE = "roughly_even_chance"
    LIKELY = "likely"
    VERY_LIKELY = "very_likely"
    ALMOST_CERTAIN = "almost_certain"


class SourceReliability(StrEnum):
    """Admiralty reliability of a source; unknown is null, not F."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class InfoCredibility(StrEnum):
    """Admiralty credibility of an item; unknown is null, not 6."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"
    SIX = "6"


class Marking(StrEnum):
    """Traffic Light Protocol 2.0."""

    RED = "red"
    AMBER_STRICT = "amber_strict"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"


class InformationOrigin(StrEnum):
    """Whether people or machines wrote something."""

    HUMAN = "human"
    AI_GENERATED = "ai_generated"
    AI_ASSISTED = "ai_assisted"
    UNCERTAIN = "uncertain"


class PartyResponse(StrEnum):
    """What a party answered when asked; silence never raises confidence."""

    NOT_ASKED = "not_asked"
    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    CONTESTED = "contested"
    REFUSED = "refused"
    NO_RESPONSE = "no_response"


class GuaranteeState(StrEnum):
    """How far a guarantee has come."""

    DORMANT = "dormant"
    CONDITION_ALLEGED = "condition_alleged"
    CONDITION_FOUND = "condition_found"
    CONSULTATION_CALLED = "consultation_called"
    DECISION_PENDING = "decision_pending"
    ACTIVATED = "activated"
    DECLINED = "declined"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class TriggerMode(StrEnum):
    """What it takes for a guarantee to act."""

    AUTOMATIC = "automatic"
    BY_DECISION = "by_decision"
    BY_CONSENSUS = "by_consensus"
    BY_REQUEST = "by_request"


class ProvisionKind(StrEnum):
    """What a clause provides for."""

    CESSATION_OF_HOSTILITIES = "cessation_of_hostilities"
    PROHIBITED_ACT = "prohibited_act"
    PERMITTED_ACT = "permitted_act"
    EXCEPTION = "exception"
    SEPARATION_OF_FORCES = "separation_of_forces"
    BUFFER_ZONE = "buffer_zone"
    DISENGAGEMENT_AREA = "disengagement_area"
    WITHDRAWAL_LINE = "withdrawal_line"
    WEAPONS_STORAGE = "weapons_storage"
    AIR_RESTRICTION = "air_restriction"
    MARITIME_RESTRICTION = "maritime_restriction"
    FREEDOM_OF_MOVEMENT = "freedom_of_movement"
    HUMANITARIAN_ACCESS = "humanitarian_access"
    PROTECTED_SITE = "protected_site"
    PRISONER_EXCHANGE = "prisoner_exchange"
    MINE_ACTION = "mine_action"
    NOTIFICATION = "notification"
    MONITORING = "monitoring"
    VERIFICATION = "verification"
    JOINT_COMMISSION = "joint_commission"
    DISPUTE_RESOLUTION = "dispute_resolution"
    GUARANTEE = "guarantee"
    REMEDY = "remedy"
    ENTRY_INTO_FORCE = "entry_into_force"
    DURATION = "duration"
    AMENDMENT = "amendment"
    PROXIES = "proxies"


class Verdict(StrEnum):
    """What a clause says of a party at an instant.

    Pending is about time; undetermined is about knowledge.
    """

    MET = "met"
    BREACHED = "breached"
    PENDING = "pending"
    EXCUSED = "excused"
    UNDETERMINED = "undetermined"


class Vote(StrEnum):
    """A ballot."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"


VOCABULARY: Final[dict[str, tuple[str, ...]]] = {
    "means": tuple(ObservationMeans),
    "platform": tuple(Platform),
    "kind": tuple(ObservationKind),
    "nature": tuple(Nature),
    "assessment": tuple(ExplosionAssessment),
    "setting": tuple(Assessment),
    "weapon": tuple(WeaponClass),
    "count_qualifier": tuple(CountQualifier),
    "restriction": tuple(RestrictionKind),
    "reliability": tuple(SourceReliability),
    "credibility": tuple(InfoCredibility),
    "marking": tuple(Marking),
    "origin": tuple(Origin),
    "vote": tuple(Vote),
}
"""Closed value lists of the table columns of the same name."""
