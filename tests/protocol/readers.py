"""How lazpool reads each kind of vector: a function a group, which returns what to compare with the test's fields.

Bundles and proofs are read by examples/verify_receipt.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazpool.errors import MalformedError
from lazpool.records import covers, hub_records, mail, sync, where, witnessing
from lazpool.records.agreements import AgreementTerms, agreement_from, check_driver, check_passenger
from lazpool.records.bodies import body_from
from lazpool.records.circles import (
    CoSignature,
    FoundingTerms,
    RideTerms,
    check_cosigners,
    founding_from,
    invite_from,
    ride_from,
)
from lazpool.records.corrections import correction_from
from lazpool.records.entries import GENESIS, MAX_ENTRY, check_entry, entry_from, entry_id, genesis_from
from lazpool.records.forks import fork_from
from lazpool.records.groups import from_code, member_tag, post_tag, to_code
from lazpool.records.letters import open_letter
from lazpool.records.people import Device, device_from
from lazpool.records.places import centre
from lazpool.records.posts import Offer, check_signature, read_post
from lazpool.records.receipts import blind_commitment, check_first, check_second, receipt_from
from lazpool.records.revocations import MAX_REVOCATION, read_revocation, read_rotation
from lazpool.records.route import pack_route, unpack_route
from lazpool.records.settlements import settlement_from
from lazpool.rules import ledger, merkle, replay
from lazpool.rules.admission import Judgement, admit
from lazpool.rules.areas import area_of_cell, parse_topic, topic
from lazpool.rules.circles import counted, is_whole
from lazpool.rules.forks import check_fork
from lazpool.rules.itinerary import Rider
from lazpool.rules.matching import Miss
from lazpool.rules.reconcile import View
from lazpool.rules.stamps import work
from lazpool.rules.terms import DISTANCE_SLACK, place
from lazpool.rules.turns import UNIT, Drive, in_turn, standings
from lazpool.wire.codec import decode, encode
from lazpool.wire.envelope import Envelope, open_envelope
from lazpool.wire.hashing import network_id, tagged_hash
from lazpool.wire.seal import unseal
from lazpool.wire.signing import verify, verify_post
from tests.protocol import proof_readers
from tests.protocol.shown import shown, shown_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazpool.records.cosigned import CoSignedTerms
    from tests.protocol.vectors import Vector

MAX_PART = 512


def same(expected: bytes, found: bytes) -> None:
    """Require that what was read writes to the same bytes."""
    assert found == expected


def _codec(vector: Vector) -> Any:
    array = decode(vector.raw("bytes"), vector.group["limit"])
    same(vector.raw("bytes"), encode(array))
    return {"value": _tagged(array)}


def _tagged(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_tagged(item) for item in value]
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    return {"str": value} if isinstance(value, str) else {"int": str(value)}


def _hash(vector: Vector) -> Any:
    return {"digest": tagged_hash(vector.test["tag"], vector.raw("data")).hex()}


def _network(vector: Vector) -> Any:
    return {"net8": network_id(vector.test["name"]).hex()}


def _signature(vector: Vector) -> Any:
    key, signature, net, identifier = map(vector.raw, ("key", "signature", "net", "id"))
    if vector.group["rule"] == "plain":
        verify_post(key, signature, net, identifier)
    else:
        verify(key, signature, vector.group["tag"], net, identifier, vector.raw("extra"))
    return {}


def _certificate(vector: Vector) -> Any:
    Device(vector.raw("identity"), vector.raw("log"), vector.raw("certificate")).check(vector.raw("net"))
    return {}


def _envelope(vector: Vector) -> Any:
    envelope = open_envelope(vector.raw("bytes"), vector.group["limit"])
    same(vector.raw("bytes"), envelope.pack())
    return {"body": envelope.body.hex(), "signature": envelope.signature.hex()}


def _seal(vector: Vector) -> Any:
    return {"plain": unseal(vector.raw("box_sk"), vector.raw("bytes")).hex()}


def _post(vector: Vector) -> Any:
    signed, signature = read_post(vector.raw("bytes"))
    check_signature(signed, signature)
    post = signed.post
    assert type(post).__name__.lower() == vector.group["kind"]
    same(vector.raw("bytes"), Envelope(encode(post.fields()), signature).pack())
    said = shown(post)
    if isinstance(post, Offer):
        said["route"] = pack_route(post.route).hex()
    return {"id": signed.id.hex(), "fields": said}


def _route(vector: Vector) -> Any:
    route = unpack_route(vector.raw("bytes"))
    same(vector.raw("bytes"), pack_route(route))
    return {"vertices": [[round(point.lat * 1000), round(point.lon * 1000)] for point in route]}


def _topic(vector: Vector) -> Any:
    parts = parse_topic(vector.test["topic"])
    if parts is None:
        raise MalformedError("shape", "no topic")
    assert parts[0] == vector.raw("net")
    assert topic(*parts) == vector.test["topic"]
    return {"area": f"{parts[1]:x}"}


def _area(vector: Vector) -> Any:
    return {"area": f"{area_of_cell(int(vector.test['cell'], 16)):x}"}


def _admission(vector: Vector) -> Any:
    known = set(map(bytes.fromhex, vector.group["known"]))
    verdict = admit(
        vector.raw("bytes"),
        net=vector.raw("net"),
        now=vector.group["now"],
        known=lambda signed: signed.id in known,
    )
    assert verdict.judgement.value == vector.test["verdict"], verdict.reason
    if verdict.judgement is not Judgement.ACCEPT:
        raise MalformedError(verdict.reason.split(":")[0], verdict.reason)
    return {}


def _mail_request(vector: Vector) -> Any:
    frame = mail.read_frame(vector.raw("bytes"))
    same(vector.raw("bytes"), mail.pack_frame(frame))
    return {"fields": shown(frame)}


def _witness_request(vector: Vector) -> Any:
    frame = witnessing.read_frame(vector.raw("bytes"))
    same(vector.raw("bytes"), witnessing.pack_frame(frame))
    return {"fields": shown(frame)}


def _witness_answer(vector: Vector) -> Any:
    answer = witnessing.read_answer(vector.raw("bytes"))
    same(vector.raw("bytes"), witnessing.pack_answer(answer))
    return {"fields": shown(answer)}


def _mail_answer(vector: Vector) -> Any:
    status, letters = mail.read_answer(vector.raw("bytes"))
    same(vector.raw("bytes"), mail.pack_answer(status, letters))
    return {"fields": {"status": status, "letters": [letter.hex() for letter in letters]}}


def _open(vector: Vector) -> Any:
    frame = mail.read_frame(vector.raw("bytes"))
    assert isinstance(frame, mail.Open)
    mail.check_open(frame, letterbox=vector.raw("letterbox"), owner=vector.raw("owner"), net=vector.raw("net"))
    return {}


def _sync_request(vector: Vector) -> Any:
    frame = sync.read_frame(vector.raw("bytes"))
    same(vector.raw("bytes"), sync.pack_frame(frame))
    return {"fields": shown(frame)}


def _where(vector: Vector) -> Any:
    frame = where.read(vector.raw("bytes"))
    same(vector.raw("bytes"), where.pack(frame))
    return {"fields": shown(frame)}


def _hub_record(vector: Vector) -> Any:
    signed, signature = hub_records.read_hub(vector.raw("bytes"))
    hub_records.check_hub(signed, signature)
    same(vector.raw("bytes"), Envelope(signed.record.body(), signature).pack())
    return {"id": signed.record.id.hex(), "fields": shown(signed.record)}


def _hub_invite(vector: Vector) -> Any:
    signed = hub_records.from_invite(vector.test["invite"])
    assert hub_records.from_invite(hub_records.to_invite(signed.envelope)) == signed
    return {"id": signed.record.id.hex()}


def _hubs_ask(vector: Vector) -> Any:
    ask = hub_records.read_ask(vector.raw("bytes"))
    same(vector.raw("bytes"), hub_records.pack_ask(ask))
    return {"fields": shown(ask)}


def _hubs_told(vector: Vector) -> Any:
    told = hub_records.read_told(vector.raw("bytes"))
    same(vector.raw("bytes"), hub_records.pack_told(told))
    return {"fields": {"records": [one.hex() for one in told]}}


def _sync_cover(vector: Vector) -> Any:
    cover = sync.read_cover(vector.raw("bytes"), vector.group["since"])
    same(vector.raw("bytes"), sync.pack_cover(cover))
    return {"fields": {"cover": shown_value("cover", cover)}}


def _sync_posts(vector: Vector) -> Any:
    posts = sync.read_posts(vector.raw("bytes"))
    same(vector.raw("bytes"), sync.pack_posts(posts))
    return {"fields": {"posts": shown_value("posts", posts)}}


def _sync_taken(vector: Vector) -> Any:
    count = sync.read_taken(vector.raw("bytes"))
    same(vector.raw("bytes"), sync.pack_taken(count))
    return {"fields": {"count": count}}


def _work(vector: Vector) -> Any:
    if "bytes" in vector.test:
        assert read_post(vector.raw("bytes"))[0].id == vector.raw("id")
    return {"work": work(vector.raw("id"))}


def _range(vector: Vector) -> Any:
    areas = tuple(int(area, 16) for area in vector.test["areas"])
    known = [
        (post, here)
        for post in vector.test["posts"]
        if (here := {int(area, 16) for area in post["areas"]} & set(areas))
    ]
    elements = [
        covers.start_of(post["expires"]) + bytes.fromhex(post["id"]) + covers.code_of(here, areas)
        for post, here in known
    ]
    view = View(sorted(elements), vector.raw("salt"))
    everything = (0, len(elements))
    return {
        "elements": [element.hex() for element in view.elements],
        "fingerprint": view.fingerprint(*everything).hex(),
        "shorts": [short.hex() for short in view.shorts(*everything)],
    }


def _body(vector: Vector) -> Any:
    body = body_from(vector.group["kind"], vector.raw("bytes"))
    same(vector.raw("bytes"), encode(body.fields()))
    return {"fields": shown(getattr(body, "half", getattr(body, "invite", body)))}


def _letter(vector: Vector) -> Any:
    letter = open_letter(vector.raw("bytes"), vector.raw("box_sk"), about=vector.raw("about"), net=vector.raw("net"))
    said = {"kind": letter.body.KIND, **shown(letter), "body": encode(letter.body.fields()).hex()}
    return {"id": letter.id.hex(), "fields": said}


def _agreement(vector: Vector) -> Any:
    terms = agreement_from(vector.raw("terms"))
    same(vector.raw("terms"), terms.body())
    check_passenger(terms, vector.raw("passenger_sig"), _device(vector.raw("passenger_device")))
    check_driver(terms, (vector.raw("offer_sig"), vector.raw("bind_sig")), _device(vector.raw("driver_device")))
    return {"id": terms.id.hex(), "fields": shown(terms)}


def _terms(vector: Vector) -> Any:
    offer, wish = read_post(vector.raw("offer"))[0].post, vector.test["wish"]
    assert isinstance(offer, Offer)
    ends = int(wish["pickup"], 16), int(wish["dropoff"], 16)
    asked = (*ends, wish["pickup_at"], wish["dropoff_at"], wish["seats"], wish["distance"], 0, offer.unit, 0)
    terms = AgreementTerms(offer.net, bytes(16), bytes(32), offer.post_pk, bytes(32), *asked)
    found = place(offer, terms, [_aboard(one) for one in vector.group["aboard"]], wish["max_delay"])
    if isinstance(found, Miss):
        assert found.reason == vector.test["reason"]
        raise MalformedError("range", found.reason)
    assert abs(found.distance_hm - wish["distance"]) <= DISTANCE_SLACK
    return {"detour": round(found.detour_min * 10), "times": [found.pickup_at, found.dropoff_at]}


def _aboard(one: dict[str, Any]) -> Rider:
    ends = centre(int(one["pickup"], 16)), centre(int(one["dropoff"], 16))
    return Rider(*ends, one["seats"], one["pickup_at"], one["dropoff_at"], *one["order"], one["max_delay"])


def _device(data: bytes) -> Device:
    return device_from(decode(data, MAX_PART))


def sealed_receipt(
    parts: dict[str, str], read: Callable[[bytes], CoSignedTerms] = receipt_from
) -> ledger.SealedReceipt:
    """Return a receipt or a settlement from the hex fields of a vector or a bundle, not yet checked."""
    raw = {name: bytes.fromhex(parts[name]) for name in ("terms", "init_sig", "init_device", "resp", "blind")}
    half = body_from(10, raw["resp"]).half  # type: ignore[union-attr] # of that kind
    return ledger.SealedReceipt(read(raw["terms"]), raw["init_sig"], _device(raw["init_device"]), half, raw["blind"])


def _receipt(vector: Vector) -> Any:
    terms = receipt_from(vector.raw("terms"))
    same(vector.raw("terms"), terms.body())
    receipt = sealed_receipt(vector.test)
    check_first(terms, receipt.first, receipt.debtor)
    check_second(terms, receipt.second)
    commitment = blind_commitment(terms.id, vector.raw("blind"))
    return {"id": terms.id.hex(), "commitment": commitment.hex(), "fields": shown(terms)}


def _settlement(vector: Vector) -> Any:
    terms = settlement_from(vector.raw("terms"))
    same(vector.raw("terms"), terms.body())
    sealed = sealed_receipt(vector.test, settlement_from)
    sealed.check()
    return {"id": terms.id.hex(), "commitment": sealed.commitment.hex(), "fields": shown(terms)}


def _revocation(vector: Vector) -> Any:
    terms = read_revocation(vector.raw("bytes"))
    same(open_envelope(vector.raw("bytes"), MAX_REVOCATION).body, terms.body())
    return {"id": terms.id.hex(), "fields": shown(terms)}


def _rotation(vector: Vector) -> Any:
    terms, _ = read_rotation(vector.raw("bytes"))
    return {"id": terms.id.hex(), "fields": shown(terms)}


def _correction(vector: Vector) -> Any:
    terms = correction_from(vector.raw("terms"))
    same(vector.raw("terms"), terms.body())
    sealed = sealed_receipt(vector.test, correction_from)
    sealed.check()
    return {"id": terms.id.hex(), "commitment": sealed.commitment.hex(), "fields": shown(terms)}


def _entry(vector: Vector) -> Any:
    envelope = open_envelope(vector.raw("bytes"), MAX_ENTRY)
    entry = entry_from(envelope.body)
    same(vector.raw("bytes"), Envelope(entry.body(), envelope.signature).pack())
    check_entry(entry, envelope.signature, entry_id(envelope.body))
    if entry.kind == GENESIS:
        genesis_from(entry)
    said = shown(entry)
    said["log"] = said.pop("log_pk")
    return {"id": entry_id(envelope.body).hex(), "fields": said}


def _chain(vector: Vector) -> Any:
    envelopes = [open_envelope(bytes.fromhex(one), MAX_ENTRY) for one in vector.test["entries"]]
    net, log_pk = vector.raw("net"), vector.raw("log")
    entries, errors = replay.verify_chain(envelopes, net=net, log_pk=log_pk)
    if errors:
        assert len(entries) + 1 == vector.test["at"], errors
        last = entries[-1] if entries else None
        expected = (last.seq + 1, last.id, last.time) if last else (1, bytes(32), 0)
        tree = merkle.Growing(entry.id for entry in entries)
        replay._checked(envelopes[len(entries)], net=net, log_pk=log_pk, expected=expected, tree=tree)
    assert len(entries) == len(envelopes)
    return {}


def _group_post(vector: Vector) -> Any:
    return _belongs(vector, post_tag(vector.raw("secret"), vector.raw("net"), vector.raw("post_pk")))


def _group_member(vector: Vector) -> Any:
    return _belongs(vector, member_tag(vector.raw("secret"), vector.raw("agreement")))


def _belongs(vector: Vector, expected: bytes) -> Any:
    if vector.raw("tag") != expected:
        raise MalformedError("group", "not by a member")
    return {}


def _group_code(vector: Vector) -> Any:
    net = vector.raw("net")
    closed = from_code(vector.test["code"], net)
    assert from_code(to_code(closed, net), net) == closed
    return {"fields": shown(closed)}


def _turns(vector: Vector) -> Any:
    assert vector.group["unit"] == UNIT
    said = vector.test
    people, present = (tuple(map(bytes.fromhex, said[name])) for name in ("people", "present"))
    drives = [
        Drive(one["day"], bytes.fromhex(one["driver"]), tuple(map(bytes.fromhex, one["present"])))
        for one in said["rides"]
    ]
    known = standings(people, drives, dict(zip(people, said["carried"], strict=True)))
    order = [one.person.hex() for one in in_turn(known, present)]
    return {"points": [known[one].points for one in people], "order": order}


def _cosigned(read: Callable[[bytes], FoundingTerms | RideTerms]) -> Callable[[Vector], Any]:
    def reader(vector: Vector) -> Any:
        terms = read(vector.raw("terms"))
        same(vector.raw("terms"), terms.body())
        signatures = [CoSignature(*decode(bytes.fromhex(one), MAX_PART)) for one in vector.test["signatures"]]
        check_cosigners(tuple(signatures))
        for one in signatures:
            one.check(terms)
        if not is_whole(terms, [one.identity for one in signatures]):
            raise MalformedError("signature", "not signed by all")
        return {"id": terms.id.hex(), "fields": shown(terms)}

    return reader


def _counted(vector: Vector) -> Any:
    return {
        "counted": [one.id.hex() for one in counted(ride_from(bytes.fromhex(ride)) for ride in vector.test["rides"])]
    }


def _circle_code(vector: Vector) -> Any:
    net = vector.raw("net")
    invite = invite_from(vector.test["code"], net)
    assert invite_from(invite.code(net), net) == invite
    return {"fields": shown(invite)}


def _fork(vector: Vector) -> Any:
    fork = fork_from(vector.raw("bytes"))
    same(vector.raw("bytes"), fork.pack())
    split = check_fork(fork)
    return {"log": fork.log_pk.hex(), "what": split.what.value, "number": split.seq}


READERS: dict[str, Callable[[Vector], Any]] = {
    **proof_readers.READERS,
    "Codec": _codec,
    "Hash": _hash,
    "Network": _network,
    "Signature": _signature,
    "Certificate": _certificate,
    "Envelope": _envelope,
    "Seal": _seal,
    "Post": _post,
    "Route": _route,
    "Topic": _topic,
    "Area": _area,
    "Admission": _admission,
    "WitnessRequest": _witness_request,
    "WitnessAnswer": _witness_answer,
    "MailRequest": _mail_request,
    "MailAnswer": _mail_answer,
    "Open": _open,
    "SyncRequest": _sync_request,
    "Where": _where,
    "HubRecord": _hub_record,
    "HubInvite": _hub_invite,
    "HubsAsk": _hubs_ask,
    "HubsTold": _hubs_told,
    "SyncCover": _sync_cover,
    "SyncPosts": _sync_posts,
    "SyncTaken": _sync_taken,
    "Range": _range,
    "Work": _work,
    "Body": _body,
    "Letter": _letter,
    "Agreement": _agreement,
    "Terms": _terms,
    "Receipt": _receipt,
    "Settlement": _settlement,
    "Revocation": _revocation,
    "Rotation": _rotation,
    "Correction": _correction,
    "Entry": _entry,
    "Chain": _chain,
    "Fork": _fork,
    "GroupPost": _group_post,
    "GroupMember": _group_member,
    "GroupCode": _group_code,
    "Turns": _turns,
    "Founding": _cosigned(founding_from),
    "CircleRide": _cosigned(ride_from),
    "CircleCounted": _counted,
    "CircleCode": _circle_code,
}
