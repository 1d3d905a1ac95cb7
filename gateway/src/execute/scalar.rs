//! Result coercion of the five scalars that every schema has. Those of the schema's own are as a service gives them.

use async_graphql::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Int,
    Float,
    String,
    Boolean,
    Id,
}

impl Scalar {
    /// `None` if the schema says itself what it is.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Int, Self::Float, Self::String, Self::Boolean, Self::Id].into_iter().find(|scalar| scalar.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Id => "ID",
        }
    }

    /// The value as this scalar, where nothing of it is lost.
    pub fn coerce(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::Int, Value::Number(number)) => match number.as_i64() {
                Some(integer) => i32::try_from(integer).is_ok().then_some(Value::Number(number)),
                None => number.as_f64().and_then(whole).map(Value::from),
            },
            (Self::Id, Value::Number(number)) => (!number.is_f64()).then(|| Value::String(number.to_string())),
            (Self::Float, value @ Value::Number(_))
            | (Self::String | Self::Id, value @ Value::String(_))
            | (Self::Boolean, value @ Value::Boolean(_)) => Some(value),
            _ => None,
        }
    }
}

/// `3.0` is 3.
fn whole(number: f64) -> Option<i32> {
    let fits = number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number);
    fits.then_some(number as i32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scalar_takes_what_is_its_own_and_nothing_else() {
        let value = |json: serde_json::Value| -> Value { serde_json::from_value(json).unwrap() };
        for (scalar, given, taken) in [
            (Scalar::Int, json!(-7), json!(-7)),
            (Scalar::Int, json!(3.0), json!(3)),
            (Scalar::Int, json!(2_147_483_647), json!(2_147_483_647)),
            (Scalar::Float, json!(3), json!(3)),
            (Scalar::Float, json!(1.5), json!(1.5)),
            (Scalar::String, json!("a"), json!("a")),
            (Scalar::Boolean, json!(false), json!(false)),
            (Scalar::Id, json!("a"), json!("a")),
            (Scalar::Id, json!(99_999_999_999_u64), json!("99999999999")),
        ] {
            assert_eq!(scalar.coerce(value(given)), Some(value(taken)), "{scalar:?}");
        }
        for (scalar, given) in [
            (Scalar::Int, json!("abc")),
            (Scalar::Int, json!(2_147_483_648_u64)),
            (Scalar::Int, json!(1.5)),
            (Scalar::Int, json!(1e10)),
            (Scalar::Float, json!("1")),
            (Scalar::String, json!({ "x": 1 })),
            (Scalar::String, json!(1)),
            (Scalar::Boolean, json!("yes")),
            (Scalar::Boolean, json!(1)),
            (Scalar::Id, json!(1.5)),
            (Scalar::Id, json!(["a"])),
        ] {
            assert_eq!(scalar.coerce(value(given.clone())), None, "{scalar:?} {given}");
        }
    }
}
