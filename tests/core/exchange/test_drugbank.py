"""A hand-made file of two drugs, and what must never be parsed."""

import gzip
import json
from pathlib import Path

import pytest

from core.errors import Cancelled, InputError
from core.exchange.drugbank import drugbank_json, read_drugbank
from core.exchange.sheet import Sheet
from core.task import Task

XML = """<?xml version="1.0" encoding="UTF-8"?>
<drugbank xmlns="http://www.drugbank.ca" version="5.1">
<drug type="small molecule">
  <drugbank-id>DB2</drugbank-id><drugbank-id primary="true">DB00001</drugbank-id>
  <name>Examplinib</name><cas-number>1-2-3</cas-number>
  <groups><group>approved</group><group>withdrawn</group></groups>
  <synonyms><synonym language="english">EX-1</synonym></synonyms>
  <half-life>About 5 h &amp; more.</half-life>
  <atc-codes><atc-code code="L01EA99"><level code="L01EA">x</level></atc-code></atc-codes>
  <calculated-properties><property><kind>Molecular Weight</kind><value>400.5</value></property></calculated-properties>
  <drug-interactions><drug-interaction><drugbank-id>DB00002</drugbank-id><name>Otherol</name>
    <description>Raises Examplinib.</description></drug-interaction></drug-interactions>
  <enzymes><enzyme><name>Cytochrome P450 3A4</name>
    <actions><action>substrate</action><action>inhibitor</action></actions>
    <polypeptide><gene-name>CYP3A4</gene-name></polypeptide></enzyme></enzymes>
</drug>
<drug type="biotech"><drugbank-id primary="true">DB00002</drugbank-id><name>Otherol</name>
  <pathways><pathway><drugs><drug><drugbank-id>DB9</drugbank-id><name>Nested</name></drug></drugs></pathway></pathways>
</drug>
<drug type="biotech"><name>Nameless</name></drug>
</drugbank>
"""
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><drugbank><drug>&c;</drug></drugbank>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "other.txt">]><drugbank><drug>&b;</drug></drugbank>'


def write(tmp_path: Path, content: str | bytes) -> Path:
    file = tmp_path / "full.xml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_drugs_come_one_by_one_with_what_they_meet(tmp_path: Path) -> None:
    sheet = Sheet()
    first, second = read_drugbank(write(tmp_path, XML), sheet)
    assert (first.id, first.name, first.cas, first.average_mass) == ("DB00001", "Examplinib", "1-2-3", "400.5")
    assert (first.groups, first.atc, first.synonyms) == (("approved", "withdrawn"), ("L01EA99",), ("EX-1",))
    assert first.texts == {"half-life": "About 5 h & more."}
    (enzyme,) = first.proteins
    assert (enzyme.kind, enzyme.gene, enzyme.actions) == ("enzyme", "CYP3A4", ("substrate", "inhibitor"))
    assert first.interactions[0].name == "Otherol"
    assert second.name == "Otherol"
    assert [(item.row, item.reason) for item in sheet.remarks()] == [("drug 3", "exchange_value_missing")]


@pytest.mark.parametrize("change", ["http://drugbank.ca", ""])
def test_the_namespace_does_not_matter(tmp_path: Path, change: str) -> None:
    text = XML.replace(' xmlns="http://www.drugbank.ca"', f' xmlns="{change}"' if change else "")
    assert [drug.id for drug in read_drugbank(write(tmp_path, text), Sheet())] == ["DB00001", "DB00002"]


def test_only_the_drugs_asked_for_are_given_and_the_document_is_json(tmp_path: Path) -> None:
    drugs = read_drugbank(write(tmp_path, gzip.compress(XML.encode())), Sheet(), ["ex-1"])
    document = json.loads(b"".join(drugbank_json(drugs)))
    assert [drug["name"] for drug in document["drugs"]] == ["Examplinib"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (LAUGHS, "exchange_xml_entity"),
        (OUTSIDE, "exchange_xml_entity"),
        (XML[:900], "exchange_cut_off"),
        ("no xml at all", "exchange_xml"),
        ("", "exchange_xml"),
        ("<drugbank><drug></drugs></drugbank>", "exchange_xml"),
        ("<a>" * 100 + "</a>" * 100, "json_too_deep"),
        (b"PK\x03\x04...", "exchange_not_text"),
        (gzip.compress(XML.encode())[:-9], "exchange_cut_off"),
        (XML.encode().replace(b"Examplinib", b"Ex\xff\xfe"), "exchange_xml"),
    ],
)
def test_what_is_no_whole_harmless_document_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        list(read_drugbank(write(tmp_path, content), Sheet()))
    assert refused.value.reason == reason


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    task = Task()
    task.cancel()
    with pytest.raises(Cancelled):
        list(read_drugbank(write(tmp_path, XML), Sheet(), (), task))
