//! `docs/benchmarks.svg`: how far each figure is beyond its must.

use std::fmt::Write as _;

use crate::figures::{Better, Figure};
use crate::results::{Results, shown};

const ROW: f64 = 24.0;
const TOP: f64 = 46.0;
/// Where the bars begin, and the width of one doubling.
const LEFT: f64 = 190.0;
const DOUBLING: f64 = 110.0;
/// Doublings shown on either side of "must".
const BEFORE: f64 = 0.8;
const AFTER: f64 = 4.2;

/// How many times better than the must, in doublings.
fn beyond_must(figure: &Figure, value: f64) -> f64 {
    let ratio = match figure.better {
        Better::Lower => figure.must / value,
        Better::Higher => value / figure.must,
    };
    ratio.log2().clamp(-BEFORE, AFTER)
}

/// The chart.
pub(crate) fn draw(results: &Results, machine: &str) -> String {
    let rows = results.figures().count() as f64;
    let (width, height) = (LEFT + (BEFORE + AFTER) * DOUBLING + 110.0, TOP + rows * ROW + 14.0);
    let must = LEFT + BEFORE * DOUBLING;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="Each figure beside what it must and what it should be">
<style>
text {{ font: 12px system-ui, sans-serif; fill: #222 }}
.bar {{ fill: #2271b1 }} .short {{ fill: #b32d2e }} .must {{ stroke: #222 }} .aim {{ stroke: #dba617; stroke-width: 3 }}
.grid {{ stroke: #0002 }} .quiet {{ fill: #666 }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} .must {{ stroke: #ddd }} .grid {{ stroke: #fff3 }} .quiet {{ fill: #999 }} }}
</style>
<text x="8" y="18">{machine}</text>
<text class="quiet" x="{must}" y="36" text-anchor="middle">must</text>
"#
    );
    for doubling in 1..=4 {
        let x = must + f64::from(doubling) * DOUBLING;
        let times = 1 << doubling;
        let _ = writeln!(
            svg,
            r#"<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{height}"/><text class="quiet" x="{x}" y="36" text-anchor="middle">× {times}</text>"#
        );
    }
    for (row, (figure, value, _)) in results.figures().enumerate() {
        let y = TOP + row as f64 * ROW;
        let end = must + beyond_must(figure, value) * DOUBLING;
        let aim = must + beyond_must(figure, figure.aim) * DOUBLING;
        let class = if figure.met(value) == "no" { "short" } else { "bar" };
        let (from, length) = (must.min(end), (end - must).abs().max(1.0));
        let (text, middle) = (y + 15.0, y + 20.0);
        let _ = writeln!(
            svg,
            r#"<text x="8" y="{text}">{}</text><rect class="{class}" x="{from}" y="{}" width="{length}" height="14"/><line class="aim" x1="{aim}" y1="{y}" x2="{aim}" y2="{middle}"/><text x="{}" y="{text}">{}</text>"#,
            figure.key,
            y + 3.0,
            end.max(must).max(aim) + 8.0,
            shown(value)
        );
    }
    let _ = writeln!(
        svg,
        r#"<line class="must" x1="{must}" y1="{TOP}" x2="{must}" y2="{height}"/></svg>"#
    );
    svg
}
