//! The cadence service: sequences of messages to leads, each sent at most once and never to somebody who must
//! not be written to.

pub mod app;
pub mod domain;
pub mod error;
pub mod graphql;
mod http;
pub mod mail;
pub mod store;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use platform::{Handler, Job, Parts, ServiceContext, ServiceDef, db::Migrations, graphql::InProcess};
use sqlx::migrate::Migrator;

use app::{App, EVENTS, Reacts};
use mail::Letterhead;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long the sender rests when nothing is due.
const SENDER_REST: Duration = Duration::from_millis(500);

pub const SERVICE: ServiceDef = ServiceDef {
    name: "cadence",
    migrations: Migrations::new(&MIGRATIONS),
    port: 4105,
    build: |context| Box::pin(build(context)),
    sdl: graphql::sdl,
};

async fn build(context: ServiceContext) -> anyhow::Result<Parts> {
    let ServiceContext { db, outbox, clock, config, .. } = context;
    let transport = mail::connect(&config.mail_url()).await.context("mail.url")?;
    let letterhead = Letterhead::parse(&config.mail.from, &config.mail.public_url, &config.mail.postal_address)
        .context("mail.from")?;
    let app = App { db, outbox, clock, mailer: transport.mailer, letterhead: Arc::new(letterhead) };
    // What the process before us left half done.
    app.recover_all().await.context("recovering messages")?;

    // The folder shows personal data to whoever asks, so only to this machine.
    let folder = transport.folder.filter(|_| config.listen.ip().is_loopback());
    let (sender, confirming) = (app.clone(), app.clone());
    let mut parts = Parts::new(Arc::new(InProcess::new(graphql::schema(app.clone()))));
    parts.http = http::router(app.clone(), folder);
    parts.handlers = vec![
        Handler { name: SERVICE.name, subjects: EVENTS, apply: Arc::new(Reacts(app)) },
        platform::lead_access::handler("cadence-lead-access"),
    ];
    parts.jobs = vec![Job {
        name: "cadence.sender",
        every: SENDER_REST,
        run: Arc::new(move || {
            let app = sender.clone();
            Box::pin(async move { Ok(app.send_due().await?) })
        }),
    }];
    parts.jobs.push(Job {
        name: "cadence.confirmations",
        every: SENDER_REST,
        run: Arc::new(move || {
            let app = confirming.clone();
            Box::pin(async move { Ok(app.send_confirmations().await?) })
        }),
    });
    Ok(parts)
}
