"""Documents and profiles as passages, each with the place where it stands."""

from __future__ import annotations

from typing import Any

from jobhunter_gateway import passages
from jobhunter_gateway.passages import Piece, of_document, of_profile

PROFILE: dict[str, Any] = {
    "basics": {
        "name": "Asha Rao",
        "label": "Backend engineer",
        "email": "asha.rao@example.org",
        "phone": "+1 415 555 0134",
        "summary": "Nine years of payment systems.",
        "location": {"city": "Oakland"},
    },
    "work": [
        {
            "name": "Acme",
            "position": "Senior Engineer",
            "startDate": "2018-02",
            "endDate": "2023-05",
            "url": "https://acme.example",
            "summary": "Built payment APIs in Python.",
            "highlights": ["Led five engineers.", "Cut cost by 35 %"],
        },
        {"name": "Globex", "position": "Staff Engineer", "startDate": "2023-06"},
    ],
    "education": [
        {"institution": "TU Munich", "area": "Computer Science", "studyType": "Master of Science", "endDate": 2016}
    ],
    "skills": [{"name": "Python", "level": "expert", "keywords": ["asyncio", "FastAPI"]}],
    "languages": [{"language": "German", "fluency": "native"}],
    "application": {"voluntary": {"gender": "decline"}, "answers": [{"question": "Salary?", "answer": "120000"}]},
}


def test_each_fact_of_a_profile_names_its_place() -> None:
    assert of_profile(PROFILE) == [
        Piece("Backend engineer", "profile: basics.label"),
        Piece("Nine years of payment systems.", "profile: basics.summary"),
        Piece(
            "Work: Senior Engineer, Acme (2018-02 to 2023-05). Built payment APIs in Python."
            " Led five engineers, Cut cost by 35 %",
            "profile: work[0]",
        ),
        Piece("Work: Staff Engineer, Globex (2023-06 to now)", "profile: work[1]"),
        Piece("Education: Master of Science, Computer Science, TU Munich (2016)", "profile: education[0]"),
        Piece("Skill: Python, expert. asyncio, FastAPI", "profile: skills[0]"),
        Piece("Language: German, native", "profile: languages[0]"),
    ]


def test_contact_data_and_private_answers_are_no_passages() -> None:
    words = " ".join(piece.text for piece in of_profile(PROFILE))
    for private in ("asha.rao", "415", "Oakland", "decline", "120000", "https"):
        assert private not in words


def test_a_profile_of_unexpected_shapes_has_no_facts_in_them() -> None:
    odd = {"basics": {"summary": {"a": 1}}, "work": ["x", None, {"position": {"deep": "x"}}], "skills": {"name": "x"}}
    assert [piece.text for piece in of_profile(odd)] in ([], ["Work:"])


def test_a_page_is_the_place_in_a_pdf() -> None:
    found = of_document("cv.pdf", "ignored", ["Engineer at Acme.", "", "Master of Science."])
    assert found == [Piece("Engineer at Acme.", "cv.pdf, page 1"), Piece("Master of Science.", "cv.pdf, page 3")]


def test_a_heading_is_the_place_in_a_docx_and_in_markdown() -> None:
    work, school = "Engineer at Acme. " * 20, "Studied computer science in Munich. " * 12
    text = f"# Work\n\n{work}\n\n## Education\n\n{school}"
    for filename in ("cv.docx", "cv.md"):
        found = of_document(filename, text, None)
        assert {piece.source for piece in found} == {f"{filename}, Work", f"{filename}, Education"}
        assert all(("Munich" in piece.text) == piece.source.endswith("Education") for piece in found)


def test_a_line_is_the_place_in_plain_text() -> None:
    text = "\n\n".join(f"Paragraph {number} says this. " + "And more of it. " * 20 for number in range(3))
    found = of_document("notes.txt", text, None)
    assert list(dict.fromkeys(piece.source for piece in found)) == [
        "notes.txt, line 1",
        "notes.txt, line 3",
        "notes.txt, line 5",
    ]


def test_no_passage_is_longer_than_the_limit_and_no_word_is_lost() -> None:
    words = [f"word{number}" for number in range(2_000)]
    found = of_document("notes.txt", " ".join(words), None)
    assert max(len(piece.text) for piece in found) <= passages.CHARACTERS[1]
    assert " ".join(piece.text for piece in found).split() == words


def test_a_document_has_no_more_passages_than_are_searched() -> None:
    text = "\n\n".join(f"Paragraph {number} of many. " * 12 for number in range(1_500))
    assert len(of_document("notes.txt", text, None)) == passages.OF_A_DOCUMENT


def test_pieces_without_a_letter_are_left_out() -> None:
    assert of_document("cv.pdf", None, ["1 / 2", "• – •"]) == []
