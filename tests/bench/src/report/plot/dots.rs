//! Percentiles, each with a shape of its own.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::pen::*;
use super::{Dots, Group, PERCENTILES, Row};
use crate::report::axis::{decades, logarithmic, ticks};
use crate::report::units;

impl Dots {
    pub(super) fn describe(&self) -> String {
        let rows = |group: &Group<Row>| {
            let row = |row: &Row| {
                let values = row.values.iter().zip(PERCENTILES);
                let values = values.filter_map(|(ns, name)| Some((name, (*ns)?)));
                let values = values.map(|(name, ns)| format!("{name} {}", units::time(ns)));
                format!("{} {}", row.label, values.collect::<Vec<_>>().join(" "))
            };
            let rows: Vec<_> = group.rows.iter().map(row).collect();
            format!("{}: {}.", group.title, rows.join(", "))
        };
        let groups: Vec<_> = self.groups.iter().map(rows).collect();
        groups.join(" ")
    }

    pub(super) fn draw(&self, height: u32) -> Result<String> {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        let values: Vec<f64> = rows.flat_map(|row| row.values).flatten().collect();
        let range = decades(&values, 1.15);
        let lines = f64::from(lines(&self.groups));
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
            legend(&root)?;
            let words = Words {
                root: &root,
                top: TOP + LEGEND,
            };
            let mut chart = ChartBuilder::on(&root)
                .margin_top(TOP + LEGEND)
                .margin_left(LABELS)
                .margin_right(26)
                .x_label_area_size(AXIS)
                .build_cartesian_2d(
                    range.clone().log_scale().with_key_points(ticks(&range)),
                    lines..0.0,
                )
                .map_err(failed)?;
            mesh(&mut chart, &logarithmic(&self.axis), units::time)?;
            let mut row = 0;
            for group in &self.groups {
                words.heading(row, &group.title)?;
                row += 1;
                for one in &group.rows {
                    words.label(row, &one.label)?;
                    let place = |ns: f64| (ns.max(1.0), f64::from(row) + 0.5);
                    let values = one.values.into_iter().enumerate();
                    let values = values.filter_map(|(which, ns)| Some((which, place(ns?))));
                    let values: Vec<_> = values.collect();
                    let line: Vec<_> = values.iter().map(|(_, place)| *place).collect();
                    let line = PathElement::new(line, QUIET);
                    chart.draw_series([line]).map_err(failed)?;
                    // The smallest last: where they meet, it is on top.
                    for (which, place) in values.into_iter().rev() {
                        chart.draw_series(dot(which, place)).map_err(failed)?;
                    }
                    row += 1;
                }
            }
            root.present().map_err(failed)?;
        }
        Ok(svg)
    }
}

/// The mark of a percentile: each has a shape of its own.
fn dot<'b, P: Copy + 'static>(which: usize, at: P) -> Vec<DynElement<'static, SVGBackend<'b>, P>> {
    match which {
        0 => vec![Circle::new(at, 4, INK.filled()).into_dyn()],
        1 => vec![
            Circle::new(at, 4, PAPER.filled()).into_dyn(),
            Circle::new(at, 4, INK.stroke_width(1)).into_dyn(),
        ],
        2 => vec![TriangleMarker::new(at, 5, INK.filled()).into_dyn()],
        _ => vec![Cross::new(at, 4, INK.stroke_width(2)).into_dyn()],
    }
}

fn legend(root: &Area<'_>) -> Result<()> {
    let mut x = i32::try_from(LABELS)? + 6;
    let y = i32::try_from(TOP + LEGEND / 2)?;
    for (which, name) in PERCENTILES.into_iter().enumerate() {
        for mark in dot(which, (x, y)) {
            root.draw(&mark).map_err(failed)?;
        }
        let style = letters(INK).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(name, (x + 9, y), style))
            .map_err(failed)?;
        x += 56;
    }
    Ok(())
}
