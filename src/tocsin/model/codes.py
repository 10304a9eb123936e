"""Every issue code, with the sentence that explains it to a user.

One place for all rooms, so that the docs and the tests can hold the list. A code is
named after what is wrong, not after the stage that noticed it.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CODES"]

CODES: Final[dict[str, str]] = {
    # --- files and tables
    "file_missing": "The file or folder does not exist or cannot be read.",
    "file_empty": "The file holds nothing to read.",
    "file_damaged": "The file is cut short or is not of the format its name says.",
    "column_missing": "A column that the source's description names is not there.",
    "column_unknown": "A column that no table of this kind has; it is not read.",
    "value_invalid": "A value is outside what its column may hold.",
    "value_missing": "A value that is required is empty.",
    "time_invalid": "A time cannot be read, lies outside the calendar, or ends before"
    " it starts.",
    "outside_coverage": "A row lies outside the time that its source says it covers.",
    "time_without_zone": "A time has no zone, and the source's description names none.",
    "place_invalid": "A coordinate is outside its range.",
    "place_unknown": "Neither coordinates nor a name that the gazetteer knows.",
    "place_ambiguous": "A name that several places bear; the candidates are listed.",
    "place_read_as": "A name was read as another spelling or former name of a place.",
    "download_failed": "A file of a source could not be fetched.",
    "duplicate_row": "The same row was already read from this source.",
    "id_conflict": "Two rows carry the same id and differ in content.",
    "count_unexpected": "The source does not hold what its description expects.",
    "contradiction": "Two readings of the same thing by the same source differ.",
    "source_unknown": "No description of a source with this id.",
    "description_invalid": "A source's description or mapping file has an error.",
    "origin_mixed": "Records of different origin were given together.",
    "arrival_unknown": "It is not known when this was received, so it cannot be shown"
    " as known at an earlier time.",
    "too_late": "It reaches back behind the lateness horizon of a monitor, which has"
    " let go what it would change.",
    "observation_unknown": "No observation of this id is there to correct or withdraw.",
    "fact_unknown": "No fact of this id is there to withdraw.",
    "repost_cycle": "Reports name each other as their origin.",
    "withdrawn": "A later entry of a log takes this one back; it does not count.",
    "party_unknown": "Evidence names a party or an actor that the agreement does not.",
    "control_invalid": "The control layer cannot be used.",
    "control_overlap": "Two parties are said to control the same ground.",
    # --- the text of an agreement
    "syntax": "The words do not follow the shape of the language.",
    "sentence_changed": "The treaty sentence above a block changed since the block was"
    " written.",
    "sentence_unmarked": "Rules that no treaty sentence, or no hash of it, stands by.",
    "no_fallback": "Nothing follows if a decision is not taken in time.",
    "votes_impossible": "A vote asks for more than there is.",
    "veto_outside": "A veto of somebody who is no member, not declared as such.",
    "silence_too_late": "Silence would count only after the deadline.",
    "undefined_name": "A name that nothing in the agreement declares.",
    "defined_twice": "A name or article that is declared twice.",
    "no_deadline": "An obligation without an instant by which it is due.",
    "no_consequence": "A breach of this clause leads to nothing.",
    "no_decider": "A decision without anybody who can take it.",
    "unit_mismatch": "Units that cannot be compared, such as a month and a day.",
    "unbound": "A condition leaves open what it ranges over.",
    "unsafe": "A condition that no finite record could settle.",
    "circular": "Clauses that wait for each other.",
    "contradicts": "Two clauses that cannot both be kept.",
    "not_enforceable": "An act asked of somebody who cannot perform it.",
    "cannot_judge": "The clause says what no engine can judge.",
    "not_evaluated": "The clause is read but this version does not evaluate it.",
    # --- the stages
    "clause_without_facts": "No kind of evidence given can touch this clause.",
    "no_control_layer": "Without a control layer the side of the line is undetermined.",
    # --- coordination
    "two_leads": "Two states are said to lead the same function in the same region at"
    " the same time.",
    "currency_unknown": "A currency that is no code of ISO 4217.",
    "rate_missing": "No rate of the day was given, so an amount stays as written.",
    "no_plan": "No plan can meet everything that must be met; the conditions that"
    " cannot hold together are named.",
    "sampled": "A probability was sampled, not computed exactly.",
}
