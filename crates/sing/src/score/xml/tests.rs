use super::*;

/// The names of all elements in `element`, with their texts.
fn outline(element: Element<'_>) -> String {
    let inner: Vec<String> = element.children().map(outline).collect();
    format!("{}{:?}({})", element.name(), element.text().trim(), inner.join(" "))
}

fn read(text: &str) -> Result<String> {
    let mut cursor = Cursor::open(text)?;
    let read = outline(cursor.whole()?);
    cursor.finish()?;
    Ok(read)
}

#[test]
fn what_is_read_is_kept_and_the_rest_passed_over() {
    let text = "<?xml version='1.0'?><!DOCTYPE x PUBLIC '-//x' 'http://x' [<!ELEMENT a (b)>]>\n<!-- c -->
        <note><type><voice>no</voice></type> <voice>1<!-- c -->2<![CDATA[&3]]></voice>
        <unknown/><lyric number='1&amp;2' default-x='3'><text>a&#228;&lt;&gt;b</text><x/>late</lyric></note><?end?>\n";
    assert_eq!(read(text).unwrap(), r#"note""(voice"12&3"() lyric""(text"aä<>b"()))"#);
    let mut cursor = Cursor::open(text).unwrap();
    let note = cursor.whole().unwrap();
    let lyric = note.child("lyric").unwrap();
    assert_eq!((lyric.attribute("number"), lyric.attribute("default-x")), (Some("1&2"), None));
    assert_eq!((note.text_of("voice"), note.text_of("staff"), note.has("lyric")), (Some("12&3"), None, true));
    assert_eq!(lyric.text(), "", "text before the first element");
}

#[test]
fn a_document_is_walked_child_by_child() {
    let text =
        "<score-partwise><x><y>1</y></x><part id='P1'><measure><note/></measure><measure/></part><part/>
        </score-partwise>";
    let mut cursor = Cursor::open(text).unwrap();
    assert_eq!(cursor.element().name(), "score-partwise");
    cursor.enter();
    assert!(cursor.next_child().unwrap());
    assert_eq!((cursor.element().name(), outline(cursor.whole().unwrap())), ("", "\"\"()".to_owned()));
    assert!(cursor.next_child().unwrap());
    assert_eq!(cursor.element().attribute("id"), Some("P1"));
    cursor.enter();
    let mut measures = 0;
    while cursor.next_child().unwrap() {
        measures += 1;
        assert_eq!(cursor.whole().unwrap().has("note"), measures == 1);
    }
    assert_eq!(measures, 2);
    assert!(cursor.next_child().unwrap());
    cursor.enter();
    assert!(!cursor.next_child().unwrap() && !cursor.next_child().unwrap());
    cursor.finish().unwrap();
}

#[test]
fn what_is_no_xml_is_refused_with_its_line() {
    for (text, part) in [
        ("", "no XML element"),
        ("\n  \n", "no XML element"),
        ("MThd", "text before"),
        ("<note>", "ends within"),
        ("<note>\n<voice></note>", "line 2: "),
        ("<note></note><note/>", "follows the end"),
        ("<note/>x", "follows the end"),
        ("<note>&nbsp;</note>", "&nbsp; is not known"),
        ("<note>&#0;</note>", ""),
        ("<note>&#2;</note>", "is not known"),
        ("<note>a & b</note>", ""),
        ("<lyric number='&x;'/>", ""),
        ("<lyric number='1' number='2'/>", "twice"),
        ("<lyric number='1/>", ""),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><note>&a;</note>", "entities are declared"),
        ("<note><!DOCTYPE x></note>", "declaration"),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{text}");
        assert!(error.message().contains(part), "{text}: {error}");
    }
    for inner in ["<note>", "<x>"] {
        let deep = format!("<note>{}", inner.repeat(20_000));
        assert_eq!(read(&deep).unwrap_err().kind(), ErrorKind::Limit, "{inner}");
    }
    let many = format!("<note>{}</note>", "<rest/>".repeat(MAX_ELEMENTS));
    assert_eq!(read(&many).unwrap_err().kind(), ErrorKind::Limit);
}
