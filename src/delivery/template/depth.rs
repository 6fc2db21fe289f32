//! How deeply a template or condition nests, found before it is parsed.
//!
//! The parser, the compiler and whatever drops a tree of expressions use stack for each level. A
//! thread of the worker has 1 MiB of it, PHP's main thread 8: so the limit is ours and the same
//! everywhere, and far below what any of them has. It is counted on tokens, from above: what
//! passes nests less deeply than what is counted here.

use minijinja::machinery::{Span, Token, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::TemplateError;

/// Most levels of an expression: operators of a chain, filters, attributes, brackets.
const MAX_LEVELS: usize = 100;
/// Most brackets (and `else` of an expression) within each other: they take the most stack.
const MAX_BRACKETS: usize = 20;
/// Most blocks (`for`, `if`, `elif`, …) within each other.
const MAX_BLOCKS: usize = 40;
/// Longest name, in bytes.
const MAX_NAME: usize = 200;

/// Refuses what nests too deeply; anything else that may be wrong with it is for the parser.
///
/// # Errors
/// The place where it is too deep.
pub(super) fn check(source: &str, is_expression: bool) -> Result<(), TemplateError> {
    let mut blocks = Blocks::default();
    let mut levels = vec![Level::default()];
    let mut after_start = false;
    for token in tokenize(source, is_expression, SyntaxConfig::default()) {
        // The parser says what is wrong, at this place.
        let Ok((token, span)) = token else { break };
        let is_first = std::mem::replace(&mut after_start, matches!(token, Token::BlockStart));
        match token {
            Token::TemplateData(_) | Token::VariableStart | Token::BlockStart => continue,
            Token::VariableEnd | Token::BlockEnd => {
                levels.clear();
                levels.push(Level::default());
                continue;
            }
            Token::Ident(name) if name.len() > MAX_NAME => {
                return Err(too("a name has more than 200 bytes", span));
            }
            Token::Ident(keyword) if is_first => blocks.keyword(keyword),
            Token::Assign if levels.len() == 1 => blocks.assign(),
            token => step(&mut levels, &token),
        }
        if blocks.depth() > MAX_BLOCKS {
            return Err(too("blocks are nested more than 40 deep; elif counts, too", span));
        }
        let brackets = levels.len() - 1 + levels.iter().map(|level| level.elses).sum::<usize>();
        if brackets > MAX_BRACKETS {
            return Err(too("brackets are nested more than 20 deep", span));
        }
        if levels.iter().map(Level::depth).sum::<usize>() > MAX_LEVELS {
            let message = "the expression is nested more than 100 levels deep: each operator, \
                           filter and attribute of a chain is one; many comparisons of one value \
                           are shorter as: value in [1, 2, 3]";
            return Err(too(message, span));
        }
    }
    Ok(())
}

fn too(message: &str, span: Span) -> TemplateError {
    // The span's columns are from 0.
    let (line, column) = (u32::from(span.start_line), u32::from(span.start_col) + 1);
    TemplateError { line, column, message: message.to_owned() }
}

/// The blocks that are open: for each, how many of its `elif` came.
#[derive(Default)]
struct Blocks {
    open: Vec<usize>,
    /// The last one was opened by a `set` that may yet be `set x = …`, which is no block.
    is_set: bool,
}

impl Blocks {
    fn keyword(&mut self, keyword: &str) {
        self.is_set = keyword == "set";
        match keyword {
            "elif" => {
                if let Some(elifs) = self.open.last_mut() {
                    *elifs += 1;
                }
            }
            "for" | "if" | "with" | "set" | "filter" | "autoescape" => self.open.push(0),
            _ if keyword.starts_with("end") => {
                self.open.pop();
            }
            _ => {}
        }
    }

    fn assign(&mut self) {
        if std::mem::take(&mut self.is_set) {
            self.open.pop();
        }
    }

    fn depth(&self) -> usize {
        self.open.iter().map(|elifs| 1 + elifs).sum()
    }
}

/// What is between a pair of brackets.
#[derive(Default)]
struct Level {
    /// `and`, `or`, `not`, `if`, `else`: below each is all that is on this level.
    words: usize,
    elses: usize,
    /// Operators of one operand of the words, and the most that one had.
    operators: usize,
    most_operators: usize,
    /// Attributes, filters, signs and calls of one operand, with what is in its brackets, and the
    /// most that one had.
    parts: usize,
    within: usize,
    most_parts: usize,
    /// The deepest of what commas separated.
    before: usize,
}

impl Level {
    fn depth(&self) -> usize {
        let parts = self.most_parts.max(self.parts + self.within);
        self.before.max(1 + self.words + self.most_operators.max(self.operators) + parts)
    }

    fn end_operand(&mut self) {
        self.most_parts = self.most_parts.max(self.parts + self.within);
        (self.parts, self.within) = (0, 0);
    }

    fn operator(&mut self) {
        self.end_operand();
        self.operators += 1;
    }

    fn word(&mut self) {
        self.end_operand();
        self.most_operators = self.most_operators.max(self.operators);
        self.operators = 0;
        self.words += 1;
    }

    fn comma(&mut self) {
        *self = Self { before: self.depth(), ..Self::default() };
    }
}

fn step(levels: &mut Vec<Level>, token: &Token<'_>) {
    let Some(level) = levels.last_mut() else { return };
    match token {
        Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => levels.push(Level::default()),
        Token::BracketClose | Token::ParenClose | Token::BraceClose => {
            // One too many is for the parser.
            if levels.len() > 1
                && let Some(inner) = levels.pop()
                && let Some(outer) = levels.last_mut()
            {
                outer.within = outer.within.max(inner.depth());
                outer.parts += 1;
            }
        }
        Token::Comma => level.comma(),
        Token::Ident("else") => {
            level.elses += 1;
            level.word();
        }
        Token::Ident("and" | "or" | "not" | "if") => level.word(),
        Token::Ident("in")
        | Token::Plus
        | Token::Mul
        | Token::Div
        | Token::FloorDiv
        | Token::Pow
        | Token::Mod
        | Token::Tilde
        | Token::Colon
        | Token::Eq
        | Token::Ne
        | Token::Gt
        | Token::Gte
        | Token::Lt
        | Token::Lte => level.operator(),
        // A minus may be a sign as well, which stands above what follows.
        Token::Minus => {
            level.operator();
            level.words += 1;
        }
        Token::Dot | Token::Pipe | Token::Ident("is") => level.parts += 1,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_far_from_the_limits() {
        let many = vec!["data.status == 'x'"; 90].join(" or ");
        for condition in [
            "data.payment_total_raw >= 100 and site.id in [2, 3]",
            "(data.a.b.c|default('')|upper ~ '-' ~ data.d)|trim is endingwith('x') and not actor",
            "[1, 2, 3, 4, 5, {'a': [(1, 2), data.x[0][1:2]]}]|map('string')|join(', ') == 'x'",
            "1 - 2 - 3 - 4 - 5 - 6 - 7 - 8 - 9 - data.x if data.y else -data.z if data.w else 7",
            &many,
        ] {
            assert_eq!(check(condition, true), Ok(()), "{condition}");
        }
        let list = format!("data.id in [{}]", vec!["12345"; 20_000].join(", "));
        assert_eq!(check(&list, true), Ok(()));
        let blocks = "{% for a in data.x %}{% if a.b %}{{ a.b ~ 1 }}{% elif a.c %}x{% else %}\
                      {% set y = a.c|upper %}{{ y }}{% endif %}{% endfor %}"
            .repeat(200);
        assert_eq!(check(&blocks, false), Ok(()));
    }

    #[test]
    fn a_place_is_told() {
        let error = check(&format!("{{{{ 1 }}}}\n{{{{ {}1 }}}}", "not ".repeat(200)), false);
        let error = error.unwrap_err();
        assert_eq!(error.line, 2);
        assert!(error.column > 100 && error.message.contains("100 levels"), "{error}");
    }
}
