//! A compiled template or condition, and the names that it reads.

use minijinja::Error;
use minijinja::machinery::{CodeGenerator, Instructions, ast, parse, parse_expr};
use minijinja::syntax::SyntaxConfig;

use super::bound::Bounded;
use ast::{CallArg, Expr};

self_cell::self_cell!(
    /// A compiled source.
    pub(super) struct Program {
        owner: Source,
        #[covariant]
        dependent: Instructions,
    }
);

/// A source, and the name by which the engine finds its escaping.
pub(super) struct Source {
    pub(super) text: String,
    pub(super) name: &'static str,
}

impl Program {
    /// Compiles a template.
    pub(super) fn template(source: Source) -> Result<Self, Error> {
        Self::try_new(source, |Source { text, name }| {
            let tree = parse(text, name, SyntaxConfig::default())?;
            let tree = Bounded::default().statement(&tree)?;
            let mut code = CodeGenerator::new(name, text);
            code.compile_stmt(&tree);
            Ok(code.finish().0)
        })
    }

    /// Compiles an expression.
    pub(super) fn expression(source: Source) -> Result<Self, Error> {
        Self::try_new(source, |Source { text, name }| {
            let tree = Bounded::default().expression(&parse_expr(text)?)?;
            let mut code = CodeGenerator::new(name, text);
            code.compile_expr(&tree);
            Ok(code.finish().0)
        })
    }

    /// What the engine runs.
    pub(super) fn instructions(&self) -> &Instructions<'_> {
        self.borrow_dependent()
    }

    /// The source.
    pub(super) fn text(&self) -> &str {
        &self.borrow_owner().text
    }
}

/// The dotted names that an expression reads, each as long as it goes.
pub(super) fn names(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(tree) = parse_expr(source) {
        collect_names(&tree, &mut names);
    }
    names
}

fn dotted(tree: &Expr<'_>) -> Option<String> {
    match tree {
        Expr::Var(var) => Some(var.id.to_owned()),
        Expr::GetAttr(attribute) => {
            dotted(&attribute.expr).map(|before| format!("{before}.{}", attribute.name))
        }
        _ => None,
    }
}

fn collect_names(tree: &Expr<'_>, names: &mut Vec<String>) {
    if let Some(name) = dotted(tree) {
        // Functions are none of the event's.
        if !names.contains(&name) {
            names.push(name);
        }
        return;
    }
    let mut below = |tree: &Expr<'_>| collect_names(tree, names);
    let arguments = |arguments: &[CallArg<'_>], below: &mut dyn FnMut(&Expr<'_>)| {
        for argument in arguments {
            let (CallArg::Pos(it)
            | CallArg::Kwarg(_, it)
            | CallArg::PosSplat(it)
            | CallArg::KwargSplat(it)) = argument;
            below(it);
        }
    };
    match tree {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::Slice(it) => {
            below(&it.expr);
            [&it.start, &it.stop, &it.step].into_iter().flatten().for_each(below);
        }
        Expr::UnaryOp(it) => below(&it.expr),
        Expr::BinOp(it) => {
            below(&it.left);
            below(&it.right);
        }
        Expr::Compare(it) => {
            below(&it.expr);
            it.ops.iter().for_each(|op| below(&op.expr));
        }
        Expr::IfExpr(it) => {
            below(&it.test_expr);
            below(&it.true_expr);
            it.false_expr.iter().for_each(below);
        }
        Expr::Filter(it) => {
            it.expr.iter().for_each(&mut below);
            arguments(&it.args, &mut below);
        }
        Expr::Test(it) => {
            below(&it.expr);
            arguments(&it.args, &mut below);
        }
        Expr::GetAttr(it) => below(&it.expr),
        Expr::GetItem(it) => {
            below(&it.expr);
            below(&it.subscript_expr);
        }
        Expr::Call(it) => arguments(&it.args, &mut below),
        Expr::List(it) => it.items.iter().for_each(below),
        Expr::Tuple(it) => it.items.iter().for_each(below),
        Expr::Map(it) => it.keys.iter().chain(&it.values).for_each(below),
    }
}
