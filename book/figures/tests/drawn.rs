//! Every figure: drawn again it is the same, and it can be read everywhere.

#[test]
fn a_figure_drawn_again_is_the_same() {
    for (name, _) in figures::ALL {
        assert_eq!(figures::draw(name).unwrap(), figures::draw(name).unwrap());
    }
}

#[test]
fn figures_are_drawn_like_this() {
    for (name, _) in figures::ALL {
        insta::assert_snapshot!(name, figures::draw(name).unwrap());
    }
}

#[test]
fn a_figure_is_told_in_words_and_has_no_colours_of_its_own() {
    for (name, draw) in figures::ALL {
        let figure = draw().unwrap();
        assert!(figure.title.len() > 20, "{name}: {}", figure.title);
        assert!(
            figure.description.len() > 40,
            "{name}: {}",
            figure.description
        );
        let html = figures::draw(name).unwrap();
        for colour in ["fill=", "stroke=", "style=", "#0", "rgb("] {
            assert!(!html.contains(colour), "{name} has its own {colour}");
        }
        assert!(
            !html.contains("\n\n"),
            "{name}: Markdown would end it there"
        );
    }
}

#[test]
fn an_unknown_name_is_told_the_known_ones() {
    let error = figures::draw("nothing").unwrap_err().to_string();
    assert!(error.starts_with("there is no figure `nothing`"), "{error}");
    assert!(error.contains("snapshot-file"), "{error}");
}
