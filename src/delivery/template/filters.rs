//! The filters, tests and functions of templates: the engine's own, behind what each costs. What
//! is not listed here is not there.

use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use minijinja::{escape_formatter, filters, functions, tests};

use super::bound::{KEY, MADE, READ, READ_TEXT, SEARCH, TIMES, WORDS};
use super::fuel::{self, ITEM};
use super::services;
use super::text::{Style, Writer, words};

/// What a filter or test does with what it is given.
#[derive(Debug, Clone, Copy)]
enum Cost {
    /// Looks at a part of it.
    One,
    /// Reads all of it, and writes this often as much.
    All(usize),
    /// Goes through the items, and does as much for each as the other arguments are long.
    Items,
    /// Goes through the items, and compares them.
    Sort,
}

/// Steps that a template or condition may take: some milliseconds.
const STEPS: u64 = 200_000;
/// How many loops a loop that calls itself may be in.
const RECURSION: usize = 100;

/// The environment of all templates and conditions.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(STEPS));
    environment.set_recursion_limit(RECURSION);
    environment.set_debug(true);
    environment.set_formatter(format);
    add_filters(&mut environment);
    add_tests(&mut environment);
    add_ours(&mut environment);
    services::add(&mut environment);
    environment
}

fn add_filters(environment: &mut Environment<'static>) {
    use Cost::{All, Items, One, Sort};
    macro_rules! add {
        ($($name:literal: $filter:expr, $cost:expr;)*) => {
            $(bounded(environment, $name, Value::from_function($filter), $cost);)*
        };
    }
    add! {
        "safe": filters::safe, All(1);
        "lower": filters::lower, All(3);
        "upper": filters::upper, All(3);
        "title": filters::title, All(3);
        "capitalize": filters::capitalize, All(3);
        "length": filters::length, One;
        "count": filters::length, One;
        "dictsort": filters::dictsort, Sort;
        "items": filters::items, Items;
        "reverse": filters::reverse, Items;
        "trim": filters::trim, All(2);
        "lines": filters::lines, Items;
        "default": filters::default, One;
        "d": filters::default, One;
        "round": filters::round, One;
        "abs": filters::abs, One;
        "int": filters::int, All(1);
        "float": filters::float, All(1);
        "attr": filters::attr, One;
        "first": filters::first, One;
        "last": filters::last, Items;
        "min": filters::min, Sort;
        "max": filters::max, Sort;
        "sort": filters::sort, Sort;
        "list": filters::list, Items;
        "bool": filters::bool, One;
        "select": filters::select, Items;
        "reject": filters::reject, Items;
        "selectattr": filters::selectattr, Items;
        "rejectattr": filters::rejectattr, Items;
        "map": filters::map, Items;
        "groupby": filters::groupby, Sort;
        "unique": filters::unique, Sort;
        "zip": filters::zip, Items;
        "urlencode": filters::urlencode, All(6);
    }
    environment.add_filter("escape", escape);
    environment.add_filter("e", escape);
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
    environment.add_filter("split", split);
    environment.add_filter("string", string);
    environment.add_filter("sum", sum);
    environment.add_filter("chain", chain);
    environment.add_filter("tojson", tojson);
}

fn add_tests(environment: &mut Environment<'static>) {
    use Cost::{All, One};
    macro_rules! add {
        ($($name:literal: $test:expr, $cost:expr;)*) => {
            $({
                let test = Value::from_function($test);
                environment.add_test(
                    $name,
                    move |state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>| {
                        let given = given.into_values();
                        pay($cost, &given)?;
                        test.call(state, &given)
                    },
                );
            })*
        };
    }
    add! {
        "undefined": tests::is_undefined, One;
        "defined": tests::is_defined, One;
        "none": tests::is_none, One;
        "safe": tests::is_safe, One;
        "escaped": tests::is_safe, One;
        "boolean": tests::is_boolean, One;
        "odd": tests::is_odd, One;
        "even": tests::is_even, One;
        "divisibleby": tests::is_divisibleby, One;
        "number": tests::is_number, One;
        "integer": tests::is_integer, One;
        "int": tests::is_integer, One;
        "float": tests::is_float, One;
        "string": tests::is_string, One;
        "sequence": tests::is_sequence, One;
        "iterable": tests::is_iterable, One;
        "mapping": tests::is_mapping, One;
        "startingwith": tests::is_startingwith, All(1);
        "endingwith": tests::is_endingwith, All(1);
        "lower": tests::is_lower, All(1);
        "upper": tests::is_upper, All(1);
        "sameas": tests::is_sameas, All(1);
        "eq": tests::is_eq, All(1);
        "equalto": tests::is_eq, All(1);
        "==": tests::is_eq, All(1);
        "ne": tests::is_ne, All(1);
        "!=": tests::is_ne, All(1);
        "lt": tests::is_lt, All(1);
        "lessthan": tests::is_lt, All(1);
        "<": tests::is_lt, All(1);
        "le": tests::is_le, All(1);
        "<=": tests::is_le, All(1);
        "gt": tests::is_gt, All(1);
        "greaterthan": tests::is_gt, All(1);
        ">": tests::is_gt, All(1);
        "ge": tests::is_ge, All(1);
        ">=": tests::is_ge, All(1);
        "in": tests::is_in, All(1);
        "true": tests::is_true, One;
        "false": tests::is_false, One;
        "filter": tests::is_filter, One;
        "test": tests::is_test, One;
    }
}

/// The functions, and what stands between the operators and their operands.
fn add_ours(environment: &mut Environment<'static>) {
    environment.add_function("range", functions::range);
    let dict = Value::from_function(functions::dict);
    let dict = move |state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>| {
        let given = given.into_values();
        pay(Cost::Items, &given)?;
        made(dict.call(state, &given)?)
    };
    environment.add_function("dict", dict);
    environment.add_filter(READ, |value: &Value| fuel::read(value).map(|()| value.clone()));
    environment.add_filter(READ_TEXT, |value: &Value| {
        fuel::spend(value.as_str().map_or(1, str::len))?;
        Ok::<_, Error>(value.clone())
    });
    environment.add_filter(SEARCH, |value: &Value| {
        match value.kind() {
            ValueKind::Map => fuel::spend(1)?,
            _ => fuel::read(value)?,
        }
        Ok::<_, Error>(value.clone())
    });
    environment.add_filter(KEY, key);
    environment.add_filter(WORDS, |value: &Value| match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => words(value).map(Value::from),
        _ => fuel::read(value).map(|()| value.clone()),
    });
    environment.add_filter(MADE, |value: &Value| made(value.clone()));
    environment.add_filter(TIMES, times);
}

/// Adds a filter of the engine's, behind what it costs.
fn bounded(environment: &mut Environment<'static>, name: &'static str, filter: Value, cost: Cost) {
    environment.add_filter(
        name,
        move |state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>| -> Result<Value, Error> {
            let given = given.into_values();
            pay(cost, &given)?;
            made(filter.call(state, &given)?)
        },
    );
}

/// Pays for what will be done with what is given.
fn pay(cost: Cost, given: &[Value]) -> Result<(), Error> {
    let Some((value, others)) = given.split_first() else { return Ok(()) };
    let mut all = 0_usize;
    for argument in others {
        all = all.saturating_add(fuel::size(argument)?);
    }
    match cost {
        Cost::One => fuel::spend(ITEM.saturating_add(value.as_str().map_or(0, str::len))),
        Cost::All(often) => {
            all = all.saturating_add(fuel::size(value)?);
            fuel::spend_each(1 + often, all)
        }
        Cost::Items => fuel::spend_each(fuel::count(value).max(1), all.saturating_add(ITEM)),
        Cost::Sort => {
            let count = fuel::count(value).max(1);
            let each = fuel::size(value)?.saturating_add(count.saturating_mul(all));
            // Each comparison makes both lower case.
            fuel::spend_each(2 * (1 + count.ilog2() as usize), each)
        }
    }
}

/// A value of its own that is small enough.
fn made(value: Value) -> Result<Value, Error> {
    let value = fuel::settle(value)?;
    fuel::made(&value)?;
    Ok(value)
}

fn key(value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            Err(Error::new(ErrorKind::InvalidOperation, NO_KEY))
        }
        _ => fuel::read(value).map(|()| value.clone()),
    }
}

/// Why a value can't be a key.
pub(super) const NO_KEY: &str = "a list or a map can be no key";
/// Why something can't be multiplied.
pub(super) const NO_PRODUCT: &str = "* is between two numbers, or a text or list and how often";
/// Why something can't be added up.
pub(super) const NO_SUM: &str = "sum adds up numbers";

fn times(one: &Value, other: &Value) -> Result<Value, Error> {
    let no_product = || Error::new(ErrorKind::InvalidOperation, NO_PRODUCT);
    for value in [one, other].into_iter().filter(|value| value.is_undefined()) {
        value.get_item(value)?; // says which one is not there
    }
    if one.is_number() && other.is_number() {
        let both = i128::try_from(one.clone()).ok().zip(i128::try_from(other.clone()).ok());
        if let (true, Some((one, other))) = (one.is_integer() && other.is_integer(), both) {
            let product = one.checked_mul(other).ok_or_else(no_product)?;
            return Ok(i64::try_from(product).map_or_else(|_| Value::from(product), Value::from));
        }
        let float = |value: &Value| f64::try_from(value.clone()).map_err(|_| no_product());
        return Ok(Value::from(float(one)? * float(other)?));
    }
    let (value, often) = if one.is_number() { (other, one) } else { (one, other) };
    let often = often.as_usize().filter(|_| often.is_integer()).ok_or_else(no_product)?;
    if let Some(text) = value.as_str() {
        let size = text.len().saturating_mul(often);
        fuel::fits(size)?;
        fuel::spend(size)?;
        return Ok(Value::from(text.repeat(often)));
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(no_product());
    }
    let list = fuel::list(value)?;
    let size = fuel::count(&list).saturating_mul(often).saturating_mul(ITEM);
    fuel::fits(size)?;
    fuel::spend(size)?;
    let items: Vec<_> = list.try_iter()?.collect();
    made(Value::from_iter((0..often).flat_map(|_| items.iter().cloned())))
}

/// Writes a value into the output, in the way of its type of content.
fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            let text = composed(state, value)?;
            if matches!(state.auto_escape(), AutoEscape::Json | AutoEscape::None) {
                fuel::spend(text.len())?;
                return out.write_str(&text).map_err(Error::from);
            }
            format(out, state, &Value::from(text))
        }
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            fuel::spend(if value.is_safe() { text.len() } else { escaped(text) })?;
            escape_formatter(out, state, value)
        }
        _ => {
            fuel::spend(ITEM)?;
            escape_formatter(out, state, value)
        }
    }
}

/// Most bytes of a text once it is escaped for JSON or HTML.
fn escaped(text: &str) -> usize {
    let special = |byte: &u8| *byte < 0x20 || b"\"\\<>&'/".contains(byte);
    2 + text.len() + 5 * text.bytes().filter(special).count()
}

/// A list or map as a text.
fn composed(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    if !matches!(state.auto_escape(), AutoEscape::Json) {
        return words(value);
    }
    let mut writer = Writer::new(Style::Json);
    writer.value(value)?;
    Ok(writer.finish())
}

fn escape(state: &mut State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let value = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            let text = composed(state, value)?;
            match state.auto_escape() {
                AutoEscape::Json => return made(Value::from_safe_string(text)),
                _ => Value::from(text),
            }
        }
        _ => value.clone(),
    };
    fuel::spend(value.as_str().map_or(ITEM, escaped))?;
    made(filters::escape(state, &value)?)
}

fn string(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => words(value).map(Value::from),
        _ => filters::string(state, value),
    }
}

fn replace(state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let given = given.into_values();
    pay(Cost::All(6), &given)?;
    if let [value, from, to] = &given[..] {
        let texts = [value, from, to].map(text_of);
        let [value, from, to] = &texts;
        let count = if from.is_empty() {
            value.len() + 1
        } else if from.len() > value.len() {
            0
        } else {
            value.matches(&**from).count()
        };
        let size = value.len().saturating_add(count.saturating_mul(escaped(to)));
        fuel::fits(size)?;
        fuel::spend(size)?;
    }
    made(Value::from_function(filters::replace).call(state, &given)?)
}

/// The text of what is one, or a number; of lists and maps the filters make none.
fn text_of(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => words(value).unwrap_or_default(),
    }
}

fn join(state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let given = given.into_values();
    pay(Cost::Items, &given)?;
    let Some((value, others)) = given.split_first() else {
        return Err(Error::from(ErrorKind::MissingArgument));
    };
    let mut size = fuel::count(value).saturating_mul(
        others.iter().map(fuel::size).try_fold(0_usize, |sum, it| it.map(|it| sum + it))?,
    );
    // With an attribute these are more than what is joined.
    let mut items = Vec::new();
    let has_attribute = others.len() > 1 || others.iter().any(Value::is_kwargs);
    if value.kind() == ValueKind::String || !has_attribute {
        for item in value.try_iter()?.checked() {
            let item = item?;
            fuel::spend(ITEM)?;
            items.push(match item.kind() {
                ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => Value::from(words(&item)?),
                _ => item,
            });
            size = size.saturating_add(items.last().map_or(Ok(0), fuel::size)?);
            fuel::fits(size / 2)?;
        }
        fuel::spend(size)?;
        let mut with = vec![Value::from(items)];
        with.extend_from_slice(others);
        return made(Value::from_function(filters::join).call(state, &with)?);
    }
    size = size.saturating_add(fuel::size(value)?);
    fuel::fits(size / 2)?;
    fuel::spend(size)?;
    made(Value::from_function(filters::join).call(state, &given)?)
}

fn split(state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let given = given.into_values();
    pay(Cost::All(2), &given)?;
    if let Some(value) = given.first() {
        let text = text_of(value);
        let parts = match given.get(1).filter(|it| !it.is_none() && !it.is_kwargs()).map(text_of) {
            None => text.split_whitespace().count(),
            Some(separator) if separator.is_empty() => text.len() + 2,
            Some(separator) => text.matches(&*separator).count() + 1,
        };
        let most = given.get(2).and_then(Value::as_usize).map_or(usize::MAX, |most| most + 1);
        fuel::fits(parts.min(most).saturating_mul(ITEM))?;
    }
    made(Value::from_function(filters::split).call(state, &given)?)
}

fn sum(state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let given = given.into_values();
    pay(Cost::Items, &given)?;
    let (positional, named): (&[Value], Kwargs) = from_args(&given)?;
    let start = match positional.get(2) {
        Some(start) => Some(start.clone()),
        None => named.get::<Option<Value>>("start")?,
    };
    // Texts and lists would be copied once more with each item.
    if start.is_some_and(|start| !start.is_number() && !start.is_none()) {
        return Err(Error::new(ErrorKind::InvalidOperation, NO_SUM));
    }
    Value::from_function(filters::sum).call(state, &given)
}

fn chain(state: &mut State<'_, '_>, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let mut given = given.into_values();
    for value in &mut given {
        fuel::spend_each(fuel::count(value).max(1), ITEM)?;
        // A map of the event is searched from its beginning for each key.
        if value.kind() == ValueKind::Map && !value.is_kwargs() {
            *value = fuel::map(value)?;
        }
    }
    let chained = Value::from_function(filters::chain).call(state, &given)?;
    let own = if chained.kind() == ValueKind::Map { fuel::map } else { fuel::list };
    made(own(&chained)?)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what the engine calls")]
fn tojson(value: &Value, indent: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => named.get("indent")?,
    };
    named.assert_all_used()?;
    let indent = match indent {
        None => None,
        Some(indent) => match bool::try_from(indent.clone()) {
            Ok(is_indented) => is_indented.then_some(2),
            Err(_) => Some(usize::try_from(indent)?),
        },
    };
    let mut writer = Writer::new(Style::JsonForHtml(indent));
    writer.value(value)?;
    made(Value::from_safe_string(writer.finish()))
}
