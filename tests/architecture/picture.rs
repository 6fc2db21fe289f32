//! The rooms as an SVG picture. Where no room leads back to itself: each above all that it uses,
//! arrows downwards. Else as a table, in which what is below the diagonal is used by what is above.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::rooms::House;

/// All in pixels.
const BOX: (i32, i32) = (132, 44);
const GAP: (i32, i32) = (18, 74);
const MARGIN: i32 = 28;
const TITLE: i32 = 40;
/// Rooms beside each other; more of one floor go into a second row.
const ROW: usize = 6;

/// One house above the other.
pub(crate) fn draw(houses: &[(&str, &House)]) -> String {
    let width = 2 * MARGIN + ROW as i32 * (BOX.0 + GAP.0) - GAP.0;
    let mut body = String::new();
    let mut top = 0;
    for (title, house) in houses {
        let draw = if house.circle().is_none() { draw_house } else { draw_table };
        top = draw(&mut body, title, house, top, width);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {top}\" role=\"img\" \
         aria-label=\"The rooms of the project; an arrow points to what a room uses\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#50617a\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{top}\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

fn draw_house(body: &mut String, title: &str, house: &House, top: i32, width: i32) -> i32 {
    let floors = house.floors();
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for floor in (0..=floors.values().copied().max().unwrap_or(0)).rev() {
        let rooms: Vec<&str> =
            floors.iter().filter(|(_, at)| **at == floor).map(|(name, _)| *name).collect();
        rows.extend(rooms.chunks(ROW).map(<[&str]>::to_vec));
    }
    let mut places = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let used = row.len() as i32 * (BOX.0 + GAP.0) - GAP.0;
        for (column, name) in row.iter().enumerate() {
            let x = (width - used) / 2 + column as i32 * (BOX.0 + GAP.0);
            places.insert(*name, (x, top + TITLE + MARGIN + number as i32 * (BOX.1 + GAP.1)));
        }
    }
    let _ = writeln!(
        body,
        "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"18\" font-weight=\"600\" fill=\"#1d2327\">{title}</text>",
        top + TITLE
    );
    for (name, room) in &house.0 {
        for used in &room.uses {
            let ((x, y), (to_x, to_y)) = (places[&**name], places[&**used]);
            let (x, to_x) = (x + BOX.0 / 2, to_x + BOX.0 / 2);
            let y = y + BOX.1;
            let bend = (to_y - y) / 2;
            // What follows from other arrows is drawn faintly.
            let (colour, width) =
                if house.follows(name, used) { ("#dfe3ea", "1") } else { ("#50617a", "1.4") };
            let _ = writeln!(
                body,
                "<path d=\"M{x} {y}C{x} {} {to_x} {} {to_x} {to_y}\" fill=\"none\" stroke=\"{colour}\" \
                 stroke-width=\"{width}\" marker-end=\"url(#tip)\"><title>{name} uses {used}</title></path>",
                y + bend,
                to_y - bend
            );
        }
    }
    for (name, (x, y)) in &places {
        let _ = writeln!(
            body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"#f0f6fc\" stroke=\"#2271b1\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-weight=\"600\" fill=\"#1d2327\">{name}</text>",
            BOX.0,
            BOX.1,
            x + BOX.0 / 2,
            y + BOX.1 / 2 + 5,
        );
    }
    top + TITLE + 2 * MARGIN + rows.len() as i32 * (BOX.1 + GAP.1) - GAP.1
}

/// A row and a column for each room: a mark where the row's room uses the column's.
fn draw_table(body: &mut String, title: &str, house: &House, top: i32, width: i32) -> i32 {
    const CELL: i32 = 26;
    let order = house.order();
    let left = (width - order.len() as i32 * CELL) / 2 + BOX.0 / 2;
    let first = top + TITLE + MARGIN + BOX.0;
    let _ = writeln!(
        body,
        "<text x=\"{MARGIN}\" y=\"{}\" font-size=\"18\" font-weight=\"600\" fill=\"#1d2327\">{title}</text>\
         <text x=\"{MARGIN}\" y=\"{}\" fill=\"#50575e\">A mark: the row's folder uses classes of the column's; red where that is against the order.</text>",
        top + TITLE,
        top + TITLE + 24
    );
    for (row, name) in order.iter().enumerate() {
        let (x, y) = (left + row as i32 * CELL, first + row as i32 * CELL);
        let middle = CELL / 2 + 5;
        let _ = writeln!(
            body,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#1d2327\">{name}</text>\
             <text transform=\"translate({} {}) rotate(-60)\" fill=\"#1d2327\">{name}</text>",
            left - 8,
            y + middle,
            x + middle,
            first - 8
        );
        for (column, used) in order.iter().enumerate() {
            let fill = match house.0[*name].uses.contains(*used) {
                _ if row == column => "#f0f0f1",
                false => "#fff",
                true if column > row => "#2271b1",
                true => "#d63638",
            };
            let _ = writeln!(
                body,
                "<rect x=\"{}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{fill}\" stroke=\"#dcdcde\"/>",
                left + column as i32 * CELL
            );
        }
    }
    first + order.len() as i32 * CELL + MARGIN
}
