//! Templates and conditions, compiled so that whatever the engine does with large values is paid
//! for first: where an operator reads its operands, or makes something of them, a filter of ours
//! (see [`super::filters`]) stands in between. What remains to the engine are steps, which it
//! counts by itself.

use minijinja::machinery::{Span, ast};
use minijinja::{Error, ErrorKind, Value};

use ast::{BinOpKind, CallArg, CompareOpKind, Expr, Spanned, Stmt};

/// Reads the value as a whole, and passes it on.
pub(super) const READ: &str = "<read>";
/// Reads the value where it is a text, and passes it on.
pub(super) const READ_TEXT: &str = "<read-text>";
/// What is searched: by its keys where it is a map.
pub(super) const SEARCH: &str = "<search>";
/// A text, or a number, of whatever it is.
pub(super) const WORDS: &str = "<words>";
/// A value that was made: paid for, small enough, and of its own.
pub(super) const MADE: &str = "<made>";
/// A key, which is no list and no map.
pub(super) const KEY: &str = "<key>";
/// One value as often as another says.
pub(super) const TIMES: &str = "<times>";

/// Makes a tree of the parser's, with what bounds it.
#[derive(Default)]
pub(super) struct Bounded {
    /// Loops that it is in.
    loops: usize,
}

type Tree<'a> = Result<Expr<'a>, Error>;

/// A value that goes through a filter of ours.
fn through<'a>(filter: &'static str, value: Expr<'a>) -> Expr<'a> {
    let span = value.span();
    filtered(filter, Some(value), Vec::new(), span)
}

fn filtered<'a>(
    name: &'a str,
    value: Option<Expr<'a>>,
    arguments: Vec<CallArg<'a>>,
    span: Span,
) -> Expr<'a> {
    Expr::Filter(Spanned::new(ast::Filter { name, expr: value, args: arguments }, span))
}

/// Whether nothing has to be bounded: it is in the source, which is small.
const fn is_constant(tree: &Expr<'_>) -> bool {
    matches!(tree, Expr::Const(_))
}

impl Bounded {
    fn read<'a>(&self, filter: &'static str, tree: &Expr<'a>) -> Tree<'a> {
        let bounded = self.expression(tree)?;
        // A text of the source may still be read very often.
        let is_short = match tree {
            Expr::Const(it) => it.value.as_str().is_none_or(|text| text.len() < 64),
            _ => false,
        };
        Ok(if is_short { bounded } else { through(filter, bounded) })
    }

    /// A kind of expression each has a function of its own, so that a level of a deep tree takes
    /// the stack of that kind and not of all.
    pub(super) fn expression<'a>(&self, tree: &Expr<'a>) -> Tree<'a> {
        match tree {
            Expr::Var(it) => Ok(Expr::Var(Spanned::new(ast::Var { id: it.id }, it.span()))),
            Expr::Const(it) => Ok(constant(it.value.clone(), it.span())),
            Expr::Slice(it) => self.slice(it),
            Expr::UnaryOp(it) => self.unary(it),
            Expr::BinOp(it) => self.operation(it, it.span()),
            Expr::Compare(it) => self.comparison(it),
            Expr::IfExpr(it) => self.choice(it),
            Expr::Filter(it) => self.filter(it),
            Expr::Test(it) => self.test(it),
            Expr::GetAttr(it) => self.attribute(it),
            Expr::GetItem(it) => self.item(it),
            Expr::Call(it) => self.call(it).map(Expr::Call),
            Expr::List(it) => self.list(it),
            Expr::Tuple(it) => self.tuple(it),
            Expr::Map(it) => self.map(it),
        }
    }

    fn all<'a>(&self, trees: &[Expr<'a>]) -> Result<Vec<Expr<'a>>, Error> {
        let mut all = Vec::with_capacity(trees.len());
        for tree in trees {
            all.push(self.expression(tree)?);
        }
        Ok(all)
    }

    fn any<'a>(&self, tree: Option<&Expr<'a>>) -> Result<Option<Expr<'a>>, Error> {
        tree.map(|tree| self.expression(tree)).transpose()
    }

    fn slice<'a>(&self, it: &Spanned<ast::Slice<'a>>) -> Tree<'a> {
        let slice = ast::Slice {
            expr: self.read(READ_TEXT, &it.expr)?,
            start: self.any(it.start.as_ref())?,
            stop: self.any(it.stop.as_ref())?,
            step: self.any(it.step.as_ref())?,
        };
        Ok(through(MADE, Expr::Slice(Spanned::new(slice, it.span()))))
    }

    #[expect(clippy::needless_match, reason = "the parser's kind can't be copied")]
    fn unary<'a>(&self, it: &Spanned<ast::UnaryOp<'a>>) -> Tree<'a> {
        let op = match it.op {
            ast::UnaryOpKind::Not => ast::UnaryOpKind::Not,
            ast::UnaryOpKind::Neg => ast::UnaryOpKind::Neg,
        };
        let operation = ast::UnaryOp { op, expr: self.expression(&it.expr)? };
        Ok(Expr::UnaryOp(Spanned::new(operation, it.span())))
    }

    fn comparison<'a>(&self, it: &Spanned<ast::Compare<'a>>) -> Tree<'a> {
        let mut ops = Vec::with_capacity(it.ops.len());
        for op in &it.ops {
            let filter = match op.op {
                CompareOpKind::In | CompareOpKind::NotIn => SEARCH,
                _ => READ,
            };
            ops.push(ast::CompareOp { op: op.op, expr: self.read(filter, &op.expr)? });
        }
        let compare = ast::Compare { expr: self.read(READ, &it.expr)?, ops };
        Ok(Expr::Compare(Spanned::new(compare, it.span())))
    }

    fn choice<'a>(&self, it: &Spanned<ast::IfExpr<'a>>) -> Tree<'a> {
        let choice = ast::IfExpr {
            test_expr: self.expression(&it.test_expr)?,
            true_expr: self.expression(&it.true_expr)?,
            false_expr: self.any(it.false_expr.as_ref())?,
        };
        Ok(Expr::IfExpr(Spanned::new(choice, it.span())))
    }

    fn filter<'a>(&self, it: &Spanned<ast::Filter<'a>>) -> Tree<'a> {
        let value = self.any(it.expr.as_ref())?;
        Ok(filtered(it.name, value, self.arguments(&it.args, None)?, it.span()))
    }

    fn test<'a>(&self, it: &Spanned<ast::Test<'a>>) -> Tree<'a> {
        let expr = self.expression(&it.expr)?;
        let test = ast::Test { name: it.name, expr, args: self.arguments(&it.args, None)? };
        Ok(Expr::Test(Spanned::new(test, it.span())))
    }

    fn attribute<'a>(&self, it: &Spanned<ast::GetAttr<'a>>) -> Tree<'a> {
        let attribute = ast::GetAttr { expr: self.expression(&it.expr)?, name: it.name };
        Ok(Expr::GetAttr(Spanned::new(attribute, it.span())))
    }

    fn item<'a>(&self, it: &Spanned<ast::GetItem<'a>>) -> Tree<'a> {
        let item = ast::GetItem {
            expr: self.read(READ_TEXT, &it.expr)?,
            subscript_expr: self.read(KEY, &it.subscript_expr)?,
        };
        Ok(Expr::GetItem(Spanned::new(item, it.span())))
    }

    fn call<'a>(&self, it: &Spanned<ast::Call<'a>>) -> Result<Spanned<ast::Call<'a>>, Error> {
        let expr = self.expression(&it.expr)?;
        let call = ast::Call { expr, args: self.arguments(&it.args, Some(READ))? };
        Ok(Spanned::new(call, it.span()))
    }

    fn list<'a>(&self, it: &Spanned<ast::List<'a>>) -> Tree<'a> {
        let is_small = it.items.iter().all(is_constant);
        let list = Expr::List(Spanned::new(ast::List { items: self.all(&it.items)? }, it.span()));
        Ok(if is_small { list } else { through(MADE, list) })
    }

    fn tuple<'a>(&self, it: &Spanned<ast::Tuple<'a>>) -> Tree<'a> {
        let is_small = it.items.iter().all(is_constant);
        let items = self.all(&it.items)?;
        let tuple = Expr::Tuple(Spanned::new(ast::Tuple { items }, it.span()));
        Ok(if is_small { tuple } else { through(MADE, tuple) })
    }

    fn map<'a>(&self, it: &Spanned<ast::Map<'a>>) -> Tree<'a> {
        let mut keys = Vec::with_capacity(it.keys.len());
        for key in &it.keys {
            keys.push(self.read(KEY, key)?);
        }
        let is_small = it.keys.iter().chain(&it.values).all(is_constant);
        let map = ast::Map { keys, values: self.all(&it.values)? };
        let map = Expr::Map(Spanned::new(map, it.span()));
        Ok(if is_small { map } else { through(MADE, map) })
    }

    fn operation<'a>(&self, it: &ast::BinOp<'a>, span: Span) -> Tree<'a> {
        let (left, right, is_made) = match it.op {
            BinOpKind::ScAnd | BinOpKind::ScOr => (None, None, false),
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte => (Some(READ), Some(READ), false),
            BinOpKind::In => (Some(READ), Some(SEARCH), false),
            BinOpKind::Concat => (Some(WORDS), Some(WORDS), true),
            BinOpKind::Add => (Some(READ_TEXT), Some(READ_TEXT), true),
            BinOpKind::Mul => {
                let times = vec![CallArg::Pos(self.expression(&it.right)?)];
                return Ok(filtered(TIMES, Some(self.expression(&it.left)?), times, span));
            }
            // Numbers alone.
            BinOpKind::Sub
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::Pow => (None, None, false),
        };
        let operand = |filter, tree| match filter {
            Some(filter) => self.read(filter, tree),
            None => self.expression(tree),
        };
        let (left, right) = (operand(left, &it.left)?, operand(right, &it.right)?);
        let operation = Expr::BinOp(Spanned::new(ast::BinOp { op: it.op, left, right }, span));
        Ok(if is_made { through(MADE, operation) } else { operation })
    }

    fn arguments<'a>(
        &self,
        arguments: &[CallArg<'a>],
        filter: Option<&'static str>,
    ) -> Result<Vec<CallArg<'a>>, Error> {
        let argument = |tree: &Expr<'a>| match filter {
            Some(filter) => self.read(filter, tree),
            None => self.expression(tree),
        };
        let bounded = |it: &CallArg<'a>| match it {
            CallArg::Pos(tree) => argument(tree).map(CallArg::Pos),
            CallArg::Kwarg(name, tree) => argument(tree).map(|tree| CallArg::Kwarg(name, tree)),
            // One list a hundred times makes as many arguments as it has items, a hundred times.
            CallArg::PosSplat(_) | CallArg::KwargSplat(_) => Err(Error::new(
                ErrorKind::SyntaxError,
                "* and ** before arguments are not available",
            )),
        };
        arguments.iter().map(bounded).collect()
    }

    fn statements<'a>(&mut self, statements: &[Stmt<'a>]) -> Result<Vec<Stmt<'a>>, Error> {
        let mut all = Vec::with_capacity(statements.len());
        for statement in statements {
            all.push(self.statement(statement)?);
        }
        Ok(all)
    }

    pub(super) fn statement<'a>(&mut self, statement: &Stmt<'a>) -> Result<Stmt<'a>, Error> {
        match statement {
            Stmt::Template(it) => {
                let children = self.statements(&it.children)?;
                Ok(Stmt::Template(Spanned::new(ast::Template { children }, it.span())))
            }
            // What is written goes through the formatter.
            Stmt::EmitExpr(it) => {
                let expr = self.expression(&it.expr)?;
                Ok(Stmt::EmitExpr(Spanned::new(ast::EmitExpr { expr }, it.span())))
            }
            Stmt::EmitRaw(it) if self.loops > 0 => {
                let expr = constant(Value::from_safe_string(it.raw.to_owned()), it.span());
                Ok(Stmt::EmitExpr(Spanned::new(ast::EmitExpr { expr }, it.span())))
            }
            Stmt::EmitRaw(it) => {
                Ok(Stmt::EmitRaw(Spanned::new(ast::EmitRaw { raw: it.raw }, it.span())))
            }
            Stmt::ForLoop(it) => self.for_loop(it),
            Stmt::IfCond(it) => self.condition(it),
            Stmt::WithBlock(it) => self.with_block(it),
            Stmt::Set(it) => {
                let target = self.target(&it.target)?;
                let expr = self.expression(&it.expr)?;
                Ok(Stmt::Set(Spanned::new(ast::Set { target, expr }, it.span())))
            }
            Stmt::SetBlock(it) => self.set_block(it),
            Stmt::AutoEscape(it) => {
                let enabled = self.read(READ, &it.enabled)?;
                let body = self.statements(&it.body)?;
                Ok(Stmt::AutoEscape(Spanned::new(ast::AutoEscape { enabled, body }, it.span())))
            }
            Stmt::FilterBlock(it) => {
                let filter = self.expression(&it.filter)?;
                let body = self.statements(&it.body)?;
                Ok(Stmt::FilterBlock(Spanned::new(ast::FilterBlock { filter, body }, it.span())))
            }
            Stmt::Do(it) => {
                let call = self.call(&it.call)?;
                Ok(Stmt::Do(Spanned::new(ast::Do { call }, it.span())))
            }
        }
    }

    fn for_loop<'a>(&mut self, it: &Spanned<ast::ForLoop<'a>>) -> Result<Stmt<'a>, Error> {
        let iter = self.read(READ_TEXT, &it.iter)?;
        let target = self.target(&it.target)?;
        self.loops += 1;
        let filter_expr = self.any(it.filter_expr.as_ref())?;
        let body = self.statements(&it.body)?;
        let else_body = self.statements(&it.else_body)?;
        self.loops -= 1;
        let bounded =
            ast::ForLoop { target, iter, filter_expr, recursive: it.recursive, body, else_body };
        Ok(Stmt::ForLoop(Spanned::new(bounded, it.span())))
    }

    fn condition<'a>(&mut self, it: &Spanned<ast::IfCond<'a>>) -> Result<Stmt<'a>, Error> {
        let expr = self.expression(&it.expr)?;
        let true_body = self.statements(&it.true_body)?;
        let false_body = self.statements(&it.false_body)?;
        Ok(Stmt::IfCond(Spanned::new(ast::IfCond { expr, true_body, false_body }, it.span())))
    }

    fn with_block<'a>(&mut self, it: &Spanned<ast::WithBlock<'a>>) -> Result<Stmt<'a>, Error> {
        let mut assignments = Vec::with_capacity(it.assignments.len());
        for (target, value) in &it.assignments {
            assignments.push((self.target(target)?, self.expression(value)?));
        }
        let body = self.statements(&it.body)?;
        Ok(Stmt::WithBlock(Spanned::new(ast::WithBlock { assignments, body }, it.span())))
    }

    fn set_block<'a>(&mut self, it: &Spanned<ast::SetBlock<'a>>) -> Result<Stmt<'a>, Error> {
        let filter = self.any(it.filter.as_ref())?;
        let filter = Some(filtered(MADE, filter, Vec::new(), it.span()));
        let target = self.target(&it.target)?;
        let body = self.statements(&it.body)?;
        Ok(Stmt::SetBlock(Spanned::new(ast::SetBlock { target, filter, body }, it.span())))
    }

    /// What a value is assigned to: a name, or several.
    fn target<'a>(&self, tree: &Expr<'a>) -> Tree<'a> {
        match tree {
            Expr::List(it) => {
                let items = it.items.iter().map(|it| self.target(it));
                let list = ast::List { items: items.collect::<Result<_, _>>()? };
                Ok(Expr::List(Spanned::new(list, it.span())))
            }
            Expr::Tuple(it) => {
                let items = it.items.iter().map(|it| self.target(it));
                let tuple = ast::Tuple { items: items.collect::<Result<_, _>>()? };
                Ok(Expr::Tuple(Spanned::new(tuple, it.span())))
            }
            other => self.expression(other),
        }
    }
}

fn constant<'a>(value: Value, span: Span) -> Expr<'a> {
    Expr::Const(Spanned::new(ast::Const { value }, span))
}
