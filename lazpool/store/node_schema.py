"""The schema of node.db: everything that is ours. WAL, synchronous=FULL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x4C5A4E31

_FIRST = """
CREATE TABLE places (name TEXT PRIMARY KEY, lat REAL NOT NULL, lon REAL NOT NULL) STRICT;

CREATE TABLE hubs (
    address TEXT PRIMARY KEY, node_pk BLOB NOT NULL, role TEXT NOT NULL, added INTEGER NOT NULL
) STRICT;

-- Our own posts with what only we know: the exact ends of the trip.
CREATE TABLE posts (
    id BLOB PRIMARY KEY, kind INTEGER NOT NULL, envelope BLOB NOT NULL, state TEXT NOT NULL,
    from_lat REAL NOT NULL, from_lon REAL NOT NULL, to_lat REAL NOT NULL, to_lon REAL NOT NULL,
    depart INTEGER NOT NULL, expires INTEGER NOT NULL, created INTEGER NOT NULL
) STRICT;

-- Every letterbox tag that is ours, with its keys; deleted 48 h after expiry, and with it what could open old letters.
CREATE TABLE boxes (
    tag BLOB PRIMARY KEY, tag_seed BLOB NOT NULL, box_sk BLOB NOT NULL, about BLOB NOT NULL, deal BLOB NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

CREATE TABLE deals (
    id BLOB PRIMARY KEY, role TEXT NOT NULL, state TEXT NOT NULL, offer_id BLOB NOT NULL, offer BLOB NOT NULL,
    post_id BLOB NOT NULL, about BLOB NOT NULL, own_tag BLOB NOT NULL, terms BLOB NOT NULL, passenger_sig BLOB NOT NULL,
    offer_sig BLOB NOT NULL, bind_sig BLOB NOT NULL, peer BLOB NOT NULL, peer_log BLOB NOT NULL,
    peer_cert BLOB NOT NULL, peer_card BLOB NOT NULL, peer_name TEXT NOT NULL, peer_contact TEXT NOT NULL,
    peer_places TEXT NOT NULL, legs TEXT NOT NULL, detour REAL NOT NULL, code TEXT NOT NULL, tries INTEGER NOT NULL,
    counter INTEGER NOT NULL, boarding INTEGER NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL,
    depart INTEGER NOT NULL, ends INTEGER NOT NULL, answer_by INTEGER NOT NULL, created INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX deals_offer ON deals (offer_id, state);

CREATE TABLE notes (
    id INTEGER PRIMARY KEY, deal BLOB NOT NULL, mine INTEGER NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_deal ON notes (deal);

-- Letters that were acted on, so that a repeat changes nothing.
CREATE TABLE letters (
    id BLOB PRIMARY KEY, deal BLOB NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT;

-- awaits: repeated until answered. answers: the letter it answers; sent again when that one is repeated.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, deal BLOB NOT NULL, letter_kind INTEGER NOT NULL,
    counter INTEGER NOT NULL, tag BLOB NOT NULL,
    letterboxes BLOB NOT NULL, data BLOB NOT NULL, awaits INTEGER NOT NULL, answers BLOB NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, expires INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (next_at);
CREATE INDEX outbox_answers ON outbox (answers);

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, body BLOB NOT NULL, signature BLOB NOT NULL
) STRICT;

CREATE TABLE receipts (
    id BLOB PRIMARY KEY, deal BLOB NOT NULL, state TEXT NOT NULL, terms BLOB NOT NULL, first BLOB NOT NULL,
    debtor BLOB NOT NULL, second BLOB NOT NULL, blind BLOB NOT NULL, passenger BLOB NOT NULL, driver BLOB NOT NULL,
    unit TEXT NOT NULL, dir_seq INTEGER NOT NULL, expires INTEGER NOT NULL
) STRICT;
CREATE INDEX receipts_deal ON receipts (deal);
CREATE INDEX receipts_pair ON receipts (passenger, driver, unit, dir_seq);
"""

# Where people meet: places of ours that are marked so, and lists that were imported. band: see spots.py.
_MEETING_SPOTS = """
CREATE TABLE spots (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL,
    band INTEGER NOT NULL, kind TEXT NOT NULL, capacity INTEGER
) STRICT;
CREATE INDEX spots_box ON spots (band, lon);
CREATE INDEX spots_source ON spots (source, name);

CREATE TABLE spot_sources (
    source TEXT PRIMARY KEY, attribution TEXT NOT NULL, licence TEXT NOT NULL, imported INTEGER NOT NULL
) STRICT;
"""

_PLANS = """
CREATE TABLE plans (
    id BLOB PRIMARY KEY, kind INTEGER NOT NULL, trip TEXT NOT NULL, days TEXT NOT NULL, first TEXT NOT NULL,
    until TEXT NOT NULL, out TEXT NOT NULL, back TEXT NOT NULL, zone TEXT NOT NULL, created INTEGER NOT NULL
) STRICT;

-- One row a leg and date, written with its post: so nothing is published twice, whoever publishes.
CREATE TABLE plan_dates (
    plan BLOB NOT NULL, leg INTEGER NOT NULL, date TEXT NOT NULL, post BLOB NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (plan, leg, date)
) STRICT;
CREATE INDEX plan_dates_post ON plan_dates (post);
"""

# Posts and proposals have another format since groups: what is not agreed yet cannot go on.
_GROUPS = """
CREATE TABLE circles (name TEXT PRIMARY KEY, secret BLOB NOT NULL UNIQUE, added INTEGER NOT NULL) STRICT;
ALTER TABLE deals ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;
UPDATE deals SET state='lapsed', reason='made by an earlier version' WHERE state IN ('invited','proposed','received');
DELETE FROM posts;
DELETE FROM plan_dates WHERE state='published';
DELETE FROM outbox WHERE kind='post' OR letter_kind IN (1, 12);
"""

# Offers whose route follows roads, with what their driver must pass; see ways.py.
_ROADS = "CREATE TABLE ways (post BLOB PRIMARY KEY, vias TEXT NOT NULL) STRICT"

# Where a rider's stops stand in the order of stops. Deals of before know only the legs that their seat took, which
# tells the order but for those who got in or out on the same leg.
_RIDERS = """
ALTER TABLE deals ADD COLUMN pickup_pos REAL NOT NULL DEFAULT 0;
ALTER TABLE deals ADD COLUMN dropoff_pos REAL NOT NULL DEFAULT 0;
ALTER TABLE deals ADD COLUMN max_delay INTEGER NOT NULL DEFAULT 10;
ALTER TABLE deals ADD COLUMN own_places TEXT NOT NULL DEFAULT '';
ALTER TABLE deals ADD COLUMN pickup_spot TEXT NOT NULL DEFAULT '';
ALTER TABLE deals ADD COLUMN dropoff_spot TEXT NOT NULL DEFAULT '';
UPDATE deals SET pickup_pos = CAST(substr(legs, 1, instr(legs, ',') - 1) AS INTEGER) + 0.25 + (rowid % 1000) * 1e-5,
    dropoff_pos = CAST(substr(legs, instr(legs, ',') + 1) AS INTEGER) + 0.75 + (rowid % 1000) * 1e-5
    WHERE legs <> '';
"""

# Several posts for one trip: when a seat is free again, a post for the rest follows one that was taken.
_RENEWALS = """
CREATE TABLE renewals (post BLOB PRIMARY KEY, first BLOB NOT NULL) STRICT;
CREATE INDEX renewals_first ON renewals (first);
CREATE INDEX deals_post ON deals (post_id);
"""

# Proposals have another format since they say how late one may be; where somebody stands was read from their post.
_WALKS = """
UPDATE deals SET own_places = (
    SELECT printf('%.5f %.5f %.5f %.5f', from_lat, from_lon, to_lat, to_lon) FROM posts WHERE posts.id = deals.post_id
) WHERE role='passenger' AND post_id IN (SELECT id FROM posts);
UPDATE deals SET state='lapsed', reason='made by an earlier version' WHERE state='proposed';
DELETE FROM outbox WHERE letter_kind=1;
"""

# Whether the detour of a deal is estimated along great circles, or measured on roads.
_DETOURS = "ALTER TABLE deals ADD COLUMN estimated INTEGER NOT NULL DEFAULT 1"

# What happened to deals, for `watch` and the hook: the database writes it down itself, so that no way of changing a
# deal is missed. told: what the hook has told of: matches with their expiry, and the number of the last change.
_ALERTS = """
CREATE TABLE deal_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, deal BLOB NOT NULL, was TEXT NOT NULL, state TEXT NOT NULL,
    note TEXT NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER deal_begun AFTER INSERT ON deals BEGIN INSERT INTO deal_events
    SELECT NULL, new.id, '', new.state, '', new.reason, new.by, new.created; END;
CREATE TRIGGER deal_moved AFTER UPDATE OF state ON deals WHEN old.state <> new.state BEGIN INSERT INTO deal_events
    SELECT NULL, new.id, old.state, new.state, '', new.reason, new.by, new.changed; END;
CREATE TRIGGER note_came AFTER INSERT ON notes WHEN new.mine = 0 BEGIN INSERT INTO deal_events
    SELECT NULL, id, state, state, new.text, '', '', new.at FROM deals WHERE id = new.deal; END;

CREATE TABLE told (
    kind TEXT NOT NULL, id BLOB NOT NULL, upto INTEGER NOT NULL, PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
"""

# The same ride on several dates, under the id of the first deal. dates: minutes; offers: ids, one after the other.
_SERIES = """
CREATE TABLE series (
    id BLOB PRIMARY KEY, role TEXT NOT NULL, state TEXT NOT NULL, dates TEXT NOT NULL, offers BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;
ALTER TABLE deals ADD COLUMN series BLOB NOT NULL DEFAULT x'';
CREATE INDEX deals_series ON deals (series) WHERE series <> x'';
"""

# card_counter: of the letter with the newest card of theirs.
_SETTLEMENTS = """
CREATE TABLE settlements (
    id BLOB PRIMARY KEY, deal BLOB NOT NULL, state TEXT NOT NULL, terms BLOB NOT NULL, first BLOB NOT NULL,
    debtor BLOB NOT NULL, second BLOB NOT NULL, blind BLOB NOT NULL, payer BLOB NOT NULL, payee BLOB NOT NULL,
    unit TEXT NOT NULL, dir_seq INTEGER NOT NULL, expires INTEGER NOT NULL, letter BLOB NOT NULL,
    counter INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE INDEX settlements_pair ON settlements (payer, payee, unit, dir_seq);
CREATE INDEX deals_peer ON deals (peer, ends);
ALTER TABLE deals ADD COLUMN card_counter INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deals ADD COLUMN peer_iban TEXT NOT NULL DEFAULT '';
"""

# Logs that a restored or copied home no longer writes to. seed: for letters of the deals that were made under it, empty
# when it is lost. ended: the second from which on another log is written to.
_LOGS = """
CREATE TABLE old_logs (log BLOB PRIMARY KEY, seed BLOB NOT NULL, ended INTEGER NOT NULL) STRICT;
CREATE TABLE old_entries (
    log BLOB NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, body BLOB NOT NULL, signature BLOB NOT NULL,
    PRIMARY KEY (log, seq)
) STRICT;
CREATE TABLE deal_logs (deal BLOB PRIMARY KEY, log BLOB NOT NULL) STRICT;
"""

# A circle is a standing group of people who take turns; a closed group is who posts are for.
_CLOSED_GROUPS = "ALTER TABLE circles RENAME TO closed_groups"

# Whom we asked for what both signed, by which deal, and what came of it; the states are those of recoveries.py.
# since: minute of the first question, changed: of the last change. found: records that came back.
_RECOVERY = """
CREATE TABLE recoveries (
    peer BLOB PRIMARY KEY, deal BLOB NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL, changed INTEGER NOT NULL,
    found INTEGER NOT NULL, trouble TEXT NOT NULL
) STRICT;
"""

# Where a joined node said that it can be dialled, beside the address that it was joined at.
_HUB_ADDRESSES = """
CREATE TABLE hub_addresses (
    node_pk BLOB NOT NULL, address TEXT NOT NULL, rank INTEGER NOT NULL, PRIMARY KEY (node_pk, address)
) STRICT, WITHOUT ROWID;
"""

# devices: ours beside this one. revocations: logs, ours and others', that count no further than is said there.
# rotations: identities that another one has followed: ours, with our log's certificate by the old one, and others'.
# first_logs: by which a person was known first; a rotation must have been promised there. keys_told: who was told of a
# revocation or rotation of ours, in which deal, and by which letter.
_DEVICES = """
CREATE TABLE devices (log BLOB PRIMARY KEY, name TEXT NOT NULL, added INTEGER NOT NULL) STRICT;
CREATE TABLE revocations (
    log BLOB PRIMARY KEY, identity BLOB NOT NULL, envelope BLOB NOT NULL, learned INTEGER NOT NULL
) STRICT;
CREATE TABLE rotations (
    old BLOB PRIMARY KEY, new BLOB NOT NULL, rotation BLOB NOT NULL, certificate BLOB NOT NULL, learned INTEGER NOT NULL
) STRICT;
CREATE TABLE first_logs (identity BLOB PRIMARY KEY, log BLOB NOT NULL) STRICT;
CREATE TABLE keys_told (
    about BLOB NOT NULL, deal BLOB NOT NULL, peer BLOB NOT NULL, answered INTEGER NOT NULL, counter INTEGER NOT NULL,
    PRIMARY KEY (about, deal)
) STRICT;
"""

# People who take turns driving. See circles.py for what the columns mean; signatures are only ever added.
_CIRCLES = """
CREATE TABLE circles (
    id BLOB PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, founder BLOB NOT NULL, card BLOB NOT NULL,
    founding BLOB NOT NULL, previous BLOB NOT NULL, own_tag BLOB NOT NULL, digest BLOB NOT NULL,
    changed INTEGER NOT NULL, created INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE TABLE circle_people (
    circle BLOB NOT NULL, identity BLOB NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, log BLOB NOT NULL,
    card BLOB NOT NULL, card_counter INTEGER NOT NULL, counter INTEGER NOT NULL, push INTEGER NOT NULL,
    ask INTEGER NOT NULL, day INTEGER NOT NULL, told BLOB NOT NULL, tried BLOB NOT NULL,
    checked BLOB NOT NULL,
    PRIMARY KEY (circle, identity)
) STRICT;
CREATE TABLE circle_records (
    id BLOB PRIMARY KEY, circle BLOB NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, terms BLOB NOT NULL,
    day INTEGER NOT NULL, "by" BLOB NOT NULL, letter BLOB NOT NULL, blind BLOB NOT NULL, reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX circle_records_circle ON circle_records (circle, kind, state, day);
CREATE TABLE circle_asked (
    record BLOB NOT NULL, identity BLOB NOT NULL, counter INTEGER NOT NULL, PRIMARY KEY (record, identity)
) STRICT;
CREATE TABLE circle_signatures (
    record BLOB NOT NULL, identity BLOB NOT NULL, log BLOB NOT NULL, certificate BLOB NOT NULL,
    signature BLOB NOT NULL, PRIMARY KEY (record, identity)
) STRICT;
"""

# What happened to settlements, as for deals. by, changed: of the last move: "us" or "them", and when.
_SETTLEMENT_ALERTS = """
ALTER TABLE settlements ADD COLUMN by TEXT NOT NULL DEFAULT '';
ALTER TABLE settlements ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE settlement_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, settlement BLOB NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
    by TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER settlement_begun AFTER INSERT ON settlements BEGIN INSERT INTO settlement_events
    SELECT NULL, new.id, new.state, new.reason, new.by, new.changed; END;
CREATE TRIGGER settlement_moved AFTER UPDATE OF state ON settlements WHEN old.state <> new.state BEGIN
    INSERT INTO settlement_events SELECT NULL, new.id, new.state, new.reason, new.by, new.changed; END;
"""

# Proofs that a log was forked; and what partners' logs were said to be, each the statement that says so.
_FORKS = """
CREATE TABLE forks (log BLOB PRIMARY KEY, proof BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE heads (
    log BLOB NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL, form INTEGER NOT NULL, data BLOB NOT NULL,
    signature BLOB NOT NULL, PRIMARY KEY (log, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX deals_peer_log ON deals (peer_log);
"""

# Corrections have the columns of settlements. A claim is a dispute about an agreement whose receipt is missing.
_DISPUTES = """
CREATE TABLE corrections (
    id BLOB PRIMARY KEY, deal BLOB NOT NULL, state TEXT NOT NULL, terms BLOB NOT NULL, first BLOB NOT NULL,
    debtor BLOB NOT NULL, second BLOB NOT NULL, blind BLOB NOT NULL, payer BLOB NOT NULL, payee BLOB NOT NULL,
    unit TEXT NOT NULL, dir_seq INTEGER NOT NULL, expires INTEGER NOT NULL, letter BLOB NOT NULL,
    counter INTEGER NOT NULL, reason TEXT NOT NULL, by TEXT NOT NULL, changed INTEGER NOT NULL
) STRICT;
CREATE INDEX corrections_pair ON corrections (payer, payee, unit, dir_seq);
CREATE TABLE disputes (
    blind BLOB PRIMARY KEY, reference BLOB NOT NULL, deal BLOB NOT NULL, mine INTEGER NOT NULL, reason INTEGER NOT NULL,
    text TEXT NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, ended TEXT NOT NULL
) STRICT;
CREATE INDEX disputes_about ON disputes (reference);
"""


# Checkpoints of our logs as statements (envelopes), and who witnessed them: `who` is a partner's identity or a hub's
# node key. seen_logs: the newest statement that we witnessed of each log; asker: who asked first, whose quota it is.
# log_conflicts: two statements of a log that do not go together; proves: that they are by the same key proves a fork.
_CHECKPOINTS = """
CREATE TABLE checkpoints (
    id BLOB PRIMARY KEY, log BLOB NOT NULL, size INTEGER NOT NULL, statement BLOB NOT NULL
) STRICT;
CREATE INDEX checkpoints_log ON checkpoints (log, size);
CREATE TABLE witnesses (
    statement BLOB NOT NULL, key BLOB NOT NULL, at INTEGER NOT NULL, signature BLOB NOT NULL, kind TEXT NOT NULL,
    who BLOB NOT NULL, PRIMARY KEY (statement, key)
) STRICT;
CREATE TABLE seen_logs (
    log BLOB PRIMARY KEY, asker BLOB NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, statement BLOB NOT NULL,
    day INTEGER NOT NULL, signed INTEGER NOT NULL
) STRICT;
CREATE INDEX seen_logs_asker ON seen_logs (asker);
CREATE TABLE log_conflicts (
    log BLOB NOT NULL, proves INTEGER NOT NULL, one BLOB NOT NULL, other BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (log, proves)
) STRICT;
"""

# Of people whom the owner forgot: commitments in the log whose records are gone, and where counts stood, sealed under
# the identity of the person. Without rowids: nothing tells what was forgotten together.
_FORGOTTEN = """
CREATE TABLE forgotten (commitment BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE forgotten_counts (salt BLOB PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""

# Whom the operator of a hub blocked or allowed.
_DOORS = """
CREATE TABLE doors (node_pk BLOB PRIMARY KEY, side TEXT NOT NULL, note TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
"""

# found: joined by the node itself, not by its owner. gone: the minute since when it cannot be reached, 0 while it can.
# left_hubs: those that the owner left, which the node does not join again by itself.
_FOUND_HUBS = """
ALTER TABLE hubs ADD COLUMN found INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hubs ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
CREATE TABLE left_hubs (node_pk BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT;
"""

# Where the two of a deal said to be at the pick-up, in 1/100,000 degree.
_POSITIONS = """
CREATE TABLE positions (
  deal BLOB NOT NULL,
  mine INTEGER NOT NULL,
  lat INTEGER NOT NULL,
  lon INTEGER NOT NULL,
  at INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  PRIMARY KEY (deal, mine)
) STRICT, WITHOUT ROWID;
"""

# promise: the commitment to the next identity in the first entry of a person's first log, as that person told it.
# own: certificate of our log by the new identity, where it is our rotation.
_PROMISES = """
ALTER TABLE first_logs ADD COLUMN promise BLOB NOT NULL DEFAULT x'';
ALTER TABLE rotations ADD COLUMN own BLOB NOT NULL DEFAULT x'';
"""

# Statements of a log that were not shown to be of one log, and prove nothing; those that do are fork proofs.
_DOUBTS = """
CREATE TABLE doubts (log BLOB PRIMARY KEY, one BLOB NOT NULL, other BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
INSERT INTO doubts SELECT log, one, other, at*60 FROM log_conflicts WHERE proves=0;
DROP TABLE log_conflicts;
"""

# Neighbours that were good; see store/peers.py.
_PEERS = """
CREATE TABLE peers (
    node_pk BLOB PRIMARY KEY, address TEXT NOT NULL, host TEXT NOT NULL, seen INTEGER NOT NULL, good INTEGER NOT NULL,
    failed INTEGER NOT NULL
) STRICT;
"""


# An entry is looked up by its number, and its id follows from what is in it: an index of ids is a page more to bring to
# the disk for each.
_PLAIN_ENTRIES = """
CREATE TABLE plain_entries (
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL
) STRICT;
INSERT INTO plain_entries SELECT seq, id, body, signature FROM entries;
DROP TABLE entries;
ALTER TABLE plain_entries RENAME TO entries
"""

_STEPS = {
    "first": _FIRST,
    "meeting_spots": _MEETING_SPOTS,
    "plans": _PLANS,
    "groups": _GROUPS,
    "roads": _ROADS,
    "riders": _RIDERS,
    "renewals": _RENEWALS,
    "walks": _WALKS,
    "detours": _DETOURS,
    "alerts": _ALERTS,
    "series": _SERIES,
    "settlements": _SETTLEMENTS,
    "logs": _LOGS,
    "closed_groups": _CLOSED_GROUPS,
    "recovery": _RECOVERY,
    "hub_addresses": _HUB_ADDRESSES,
    "devices": _DEVICES,
    "circles": _CIRCLES,
    "checkpoints": _CHECKPOINTS,
    "settlement_alerts": _SETTLEMENT_ALERTS,
    "forgotten": _FORGOTTEN,
    "forks": _FORKS,
    "disputes": _DISPUTES,
    "doors": _DOORS,
    "found_hubs": _FOUND_HUBS,
    "positions": _POSITIONS,
    "promises": _PROMISES,
    "doubts": _DOUBTS,
    "peers": _PEERS,
    "plain_entries": _PLAIN_ENTRIES,
}
"""The steps by name, in the order in which they are taken; a new one is put at the end."""
VERSION = len(_STEPS)


def migrations() -> Migrations:
    """Return the migrations of node.db, in order."""
    from sqlite_utils import Migrations  # noqa: PLC0415 # see database._apply

    steps = Migrations("lazpool-node")
    for name, script in _STEPS.items():
        _add(steps, name, script)
    return steps


def _add(steps: Migrations, name: str, script: str) -> None:
    @steps(name=name)
    def step(database: Database) -> None:
        run_script(database, script)


def run_script(database: Database, script: str) -> None:
    """Run several statements inside the migration's transaction, which executescript would commit."""
    for statement in script.split(";\n"):
        if statement.strip():
            database.execute(statement)
