use events::{
    Event,
    cadence::{self as published, EnrollmentPaused, EnrollmentResumed},
};
use kernel::{Actor, EnrollmentId, Permission};

use super::{App, may_send, stopping};
use crate::{
    domain::enrollment::{Enrollment, EnrollmentState},
    error::Error,
    store,
};

impl App {
    /// Holds an active enrolment: nothing leaves until it is resumed.
    pub async fn pause_enrollment(&self, actor: &Actor, id: EnrollmentId) -> Result<Enrollment, Error> {
        let told = |previous, current| EnrollmentPaused { previous, current };
        self.turn(actor, id, EnrollmentState::Active, EnrollmentState::Paused, told).await
    }

    /// Lets a paused enrolment go on; what became due meanwhile leaves now.
    pub async fn resume_enrollment(&self, actor: &Actor, id: EnrollmentId) -> Result<Enrollment, Error> {
        let told = |previous, current| EnrollmentResumed { previous, current };
        self.turn(actor, id, EnrollmentState::Paused, EnrollmentState::Active, told).await
    }

    /// Ends an enrolment for good.
    pub async fn stop_enrollment(
        &self,
        actor: &Actor,
        id: EnrollmentId,
        reason: Option<String>,
    ) -> Result<Enrollment, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let enrollment =
            store::enrollments::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("enrolment"))?;
        may_send(&mut tx, actor, enrollment.lead, Error::not_found("enrolment")).await?;
        if enrollment.state.is_over() {
            return Err(Error::WrongState { state: enrollment.state.name() });
        }
        let why = reason.unwrap_or_else(|| "somebody stopped it".to_owned());
        let mut events = self.outbox.events(actor.into());
        let stopped = stopping::stop(&mut tx, &mut events, &enrollment, &why, self.clock.now()).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(stopped)
    }

    async fn turn<E: Event>(
        &self,
        actor: &Actor,
        id: EnrollmentId,
        from: EnrollmentState,
        to: EnrollmentState,
        told: impl FnOnce(published::Enrollment, published::Enrollment) -> E,
    ) -> Result<Enrollment, Error> {
        actor.require(Permission::Write)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let enrollment =
            store::enrollments::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("enrolment"))?;
        may_send(&mut tx, actor, enrollment.lead, Error::not_found("enrolment")).await?;
        if enrollment.state != from {
            return Err(Error::WrongState { state: enrollment.state.name() });
        }
        let turned = enrollment.moved(to, None, self.clock.now());
        if store::enrollments::update(&mut tx, &turned).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&told(enrollment.published(), turned.published()));
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(turned)
    }
}
