use std::collections::HashSet;

use kernel::{Decision, PersonName};
use platform::Tx;

use super::{App, stopping, system};
use crate::{
    domain::{
        gate::{self, Inputs, Rules, Ruling},
        message::{Message, MessageState},
        template::{Values, one_line, render},
    },
    error::Error,
    mail::{Draft, Letter},
    store::{self, outgoing::Outgoing},
};

/// What one round took in hand.
#[derive(Debug, Default)]
pub struct Reserved {
    /// To be handed over now.
    pub messages: Vec<ReservedMessage>,
    /// How many messages the gate ruled on, whatever it said.
    pub judged: usize,
}

#[derive(Debug)]
pub struct ReservedMessage {
    pub message: Message,
    pub letter: Letter,
}

/// The gate's word on a message, and the mail if one can be made.
pub(super) struct Judged {
    pub ruling: Ruling,
    decision: Decision,
    letter: Option<Letter>,
    subject: Option<String>,
}

impl App {
    /// Asks the gate about what is due, and marks what it lets through as being sent before anybody hands it
    /// over: whoever comes after a crash sees which ones may have left.
    pub async fn reserve_due(&self) -> Result<Reserved, Error> {
        let now = self.clock.now();
        let mut reserved = Reserved::default();
        if !store::outgoing::any_due(&self.db, now).await? {
            return Ok(reserved);
        }
        let mut tx = self.db.everywhere().begin().await?;
        store::outgoing::lock(&mut tx).await?;
        let mut addressed = HashSet::new();
        for outgoing in store::outgoing::due(&mut tx, now, self.mailer.window()).await? {
            // A second message to one address is asked about in the next round, when the first one counts.
            if addressed.insert((outgoing.message.workspace, outgoing.message.email.clone())) {
                reserved.judged += 1;
                reserved.messages.extend(self.rule(&mut tx, outgoing).await?);
            }
        }
        self.outbox.commit(tx).await?;
        Ok(reserved)
    }

    async fn rule(&self, tx: &mut Tx, outgoing: Outgoing) -> Result<Option<ReservedMessage>, Error> {
        let now = self.clock.now();
        tx.turn_to(outgoing.message.workspace).await?;
        let Judged { ruling, decision, letter, subject } = self.judge(&outgoing);
        let queued = outgoing.message;
        let mut message = Message { decision: Some(decision), trouble: None, ..queued.clone() };
        match &ruling {
            Ruling::Allowed => {
                message.state = MessageState::Sending;
                message.attempts += 1;
                message.attempted_at = Some(now);
                message.subject = subject;
            }
            Ruling::Refused(_) => message.state = MessageState::Refused,
            Ruling::Postponed(until) => {
                message.due_at = *until;
                message.trouble = message.decision.as_ref().map(|decision| gate::reasons(decision).join("; "));
            }
        }
        if store::messages::update(tx, &message, &[MessageState::Queued], queued.attempts).await? == 0 {
            return Ok(None);
        }
        if let Ruling::Refused(reasons) = &ruling {
            let actor = system(message.workspace);
            let mut events = self.outbox.events((&actor).into());
            let enrollment =
                store::enrollments::by_id(tx, message.workspace, message.enrollment).await?.ok_or(Error::Conflict)?;
            stopping::stop(tx, &mut events, &enrollment, &reasons.join("; "), now).await?;
            events.save(tx).await?;
        }
        Ok(letter.filter(|_| ruling == Ruling::Allowed).map(|letter| ReservedMessage { message, letter }))
    }

    /// Writes the mail and asks the gate. Changes nothing.
    pub(super) fn judge(&self, outgoing: &Outgoing) -> Judged {
        let Outgoing { message, facts } = outgoing;
        let now = self.clock.now();
        let values = Values {
            first_name: facts.first_name.as_ref().map(PersonName::as_str),
            last_name: facts.last_name.as_ref().map(PersonName::as_str),
            company: facts.company.as_deref(),
            owner_name: facts.owner_name.as_deref(),
        };
        let (subject, body) = (render(&facts.subject_template, &values), render(&facts.body_template, &values));
        let mut unresolved: Vec<String> =
            [&subject, &body].into_iter().filter_map(|text| text.as_ref().err()).flatten().cloned().collect();
        unresolved.sort_unstable();
        unresolved.dedup();
        let subject = subject.ok().map(|subject| one_line(&subject));
        let letter = subject.clone().zip(body.ok()).map(|(subject, body)| {
            let name = Some([values.first_name, values.last_name].map(Option::unwrap_or_default).join(" "));
            self.letterhead.write(Draft {
                message: message.id,
                to: &message.email,
                name,
                subject,
                body,
                token: &facts.token,
                date: now,
            })
        });
        let unwritable = matches!(letter, Some(Err(_))).then(|| "no mail can be addressed to it".to_owned());
        let inputs = Inputs {
            at: now,
            verdict: facts.verdict.map(|verdict| verdict.0),
            suppressed: facts.suppressed.clone(),
            lead_status: facts.lead_status.0,
            address_is_current: facts.lead_email == message.email,
            unresolved,
            unwritable,
            mailbox_paused: facts.mailbox_paused.unwrap_or(false),
            last_message_at: facts.last_message_at,
        };
        let (decision, ruling) = gate::decide(self.clock.id(), message.id, &inputs, &Rules::CURRENT);
        Judged { ruling, decision, letter: letter.and_then(Result::ok), subject }
    }
}
