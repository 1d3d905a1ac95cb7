use async_graphql::{Context, Object, SimpleObject};
use kernel::{Actor, id::TypedId};
use platform::{
    graphql::{UserError, actor, mutation},
    hearing::once_heard,
};

use super::{
    inputs::{
        EnrollLeadInput, PauseEnrollmentInput, ResolveUncertainMessageInput, ResumeEnrollmentInput,
        SetMailboxPausedInput, StopEnrollmentInput, SuppressInput, text,
    },
    types::{EnrollmentObject, MailboxObject, MessageObject, SuppressionObject},
};
use crate::{
    app::{App, EnrollLead},
    domain::enrollment::Enrollment,
    error::Error,
};

pub struct Mutation;

/// What a change to an enrolment answers.
#[derive(SimpleObject)]
struct EnrollmentPayload {
    enrollment: Option<EnrollmentObject>,
    errors: Vec<UserError>,
}

/// What `suppress` answers.
#[derive(SimpleObject)]
struct SuppressPayload {
    suppression: Option<SuppressionObject>,
    errors: Vec<UserError>,
}

/// What `resolveUncertainMessage` answers.
#[derive(SimpleObject)]
struct ResolveUncertainMessagePayload {
    message: Option<MessageObject>,
    errors: Vec<UserError>,
}

/// What `setMailboxPaused` answers.
#[derive(SimpleObject)]
struct SetMailboxPausedPayload {
    mailbox: Option<MailboxObject>,
    errors: Vec<UserError>,
}

/// What can be changed. What the caller can mend comes back in `errors`, anything else as a top-level error.
#[Object]
impl Mutation {
    /// Starts a lead on a sequence, if the send gate would let its first message through.
    async fn enroll_lead(&self, ctx: &Context<'_>, input: EnrollLeadInput) -> async_graphql::Result<EnrollmentPayload> {
        let (app, actor) = parts(ctx)?;
        let input: EnrollLead = input.into();
        enrollment_payload(once_heard(&app.clock, [input.lead.uuid()], || app.enroll_lead(actor, input.clone())).await)
    }

    /// Holds an active enrolment: nothing leaves until it is resumed.
    async fn pause_enrollment(
        &self,
        ctx: &Context<'_>,
        input: PauseEnrollmentInput,
    ) -> async_graphql::Result<EnrollmentPayload> {
        let (app, actor) = parts(ctx)?;
        enrollment_payload(app.pause_enrollment(actor, input.id).await)
    }

    /// Lets a paused enrolment go on; what became due meanwhile leaves now.
    async fn resume_enrollment(
        &self,
        ctx: &Context<'_>,
        input: ResumeEnrollmentInput,
    ) -> async_graphql::Result<EnrollmentPayload> {
        let (app, actor) = parts(ctx)?;
        enrollment_payload(app.resume_enrollment(actor, input.id).await)
    }

    /// Ends an enrolment for good: a lead enters a sequence once.
    async fn stop_enrollment(
        &self,
        ctx: &Context<'_>,
        input: StopEnrollmentInput,
    ) -> async_graphql::Result<EnrollmentPayload> {
        let (app, actor) = parts(ctx)?;
        enrollment_payload(async { app.stop_enrollment(actor, input.id, text("reason", input.reason)?).await }.await)
    }

    /// Nobody writes to the address any more; its enrolments stop.
    async fn suppress(&self, ctx: &Context<'_>, input: SuppressInput) -> async_graphql::Result<SuppressPayload> {
        let (app, actor) = parts(ctx)?;
        let (suppression, errors) = mutation(async { app.suppress(actor, input.try_into()?).await }.await)?;
        Ok(SuppressPayload { suppression: suppression.map(Into::into), errors })
    }

    /// Says of a message in state UNCERTAIN whether it arrived; if not, it is sent again.
    async fn resolve_uncertain_message(
        &self,
        ctx: &Context<'_>,
        input: ResolveUncertainMessageInput,
    ) -> async_graphql::Result<ResolveUncertainMessagePayload> {
        let (app, actor) = parts(ctx)?;
        let (message, errors) = mutation(app.resolve_uncertain_message(actor, input.into()).await)?;
        Ok(ResolveUncertainMessagePayload { message: message.map(Into::into), errors })
    }

    /// Holds back everything the workspace would send, or lets it go on within a quarter of an hour.
    async fn set_mailbox_paused(
        &self,
        ctx: &Context<'_>,
        input: SetMailboxPausedInput,
    ) -> async_graphql::Result<SetMailboxPausedPayload> {
        let (app, actor) = parts(ctx)?;
        let (mailbox, errors) = mutation(app.set_mailbox_paused(actor, input.into()).await)?;
        Ok(SetMailboxPausedPayload { mailbox: mailbox.map(Into::into), errors })
    }
}

fn parts<'a>(ctx: &Context<'a>) -> async_graphql::Result<(&'a App, &'a Actor)> {
    Ok((ctx.data_unchecked(), actor(ctx)?))
}

fn enrollment_payload(outcome: Result<Enrollment, Error>) -> async_graphql::Result<EnrollmentPayload> {
    let (enrollment, errors) = mutation(outcome)?;
    Ok(EnrollmentPayload { enrollment: enrollment.map(Into::into), errors })
}
