use async_graphql::{InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use kernel::{Currency, CurrencyError, Money};

/// A whole number of up to 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Long(pub i64);

/// A whole number of up to 64 bits, as a JSON number.
#[Scalar]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => {
                number.as_i64().map(Long).ok_or_else(|| InputValueError::custom("not a whole number of 64 bits"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }
    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// An amount in minor units (cents for EUR), never a fraction.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "Money", shareable)]
pub struct MoneyObject {
    /// In minor units: 100 is one euro.
    pub minor: Long,
    /// ISO 4217, for example `EUR`.
    pub currency: String,
}

impl From<Money> for MoneyObject {
    fn from(money: Money) -> Self {
        Self { minor: Long(money.minor), currency: money.currency.to_string() }
    }
}

/// An amount in minor units (cents for EUR).
#[derive(Debug, Clone, InputObject)]
pub struct MoneyInput {
    /// In minor units: 100 is one euro.
    pub minor: Long,
    /// ISO 4217, for example `EUR`.
    pub currency: String,
}

impl TryFrom<MoneyInput> for Money {
    type Error = CurrencyError;
    fn try_from(input: MoneyInput) -> Result<Self, CurrencyError> {
        Ok(Self { minor: input.minor.0, currency: input.currency.parse::<Currency>()? })
    }
}
