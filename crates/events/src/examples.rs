//! One example of every event, with fixed ids: what `schema/events/` shows, and what the golden test holds
//! old payloads against.

use kernel::{Actor, Clock, Currency, EmailAddress, Money, PersonName, Timestamp, id::TypedId};

use serde_json::json;

use crate::{Envelope, Event, PayloadError, cadence, enrichment, identity, lead, pipeline, routing};

/// Every published event once, in the order of their types.
pub fn all() -> Vec<Envelope> {
    let clock = Clock::fixed(Timestamp::from_timestamp_millis(1_790_000_000_000).unwrap_or_default(), 7);
    let mut examples = Examples { actor: Actor::system(clock.id(), "example"), clock, envelopes: Vec::new() };
    examples.identity();
    examples.lead();
    examples.enrichment();
    examples.routing();
    examples.cadence();
    examples.pipeline();
    examples.merges();
    examples.accounts();
    let mut envelopes = examples.envelopes;
    envelopes.sort_by(|a, b| a.r#type.cmp(&b.r#type));
    envelopes
}

/// Reads the payload as today's code does and writes it again; `None` for a type nobody publishes any more.
pub fn reread(envelope: &Envelope) -> Option<Result<serde_json::Value, PayloadError>> {
    macro_rules! reread_as {
        ($($payload:ty),+ $(,)?) => {
            match envelope.r#type.as_str() {
                $(<$payload as Event>::TYPE => Some(envelope.payload::<$payload>().map(|payload| json!(payload))),)+
                _ => None,
            }
        };
    }
    reread_as!(
        cadence::AddressSuppressed,
        cadence::ConfirmationSent,
        cadence::ContactUnsubscribed,
        cadence::EnrollmentFinished,
        cadence::EnrollmentPaused,
        cadence::EnrollmentResumed,
        cadence::EnrollmentStarted,
        cadence::EnrollmentStopped,
        cadence::MailboxChanged,
        cadence::MessageResolved,
        cadence::MessageSent,
        enrichment::EmailVerified,
        enrichment::LeadEnriched,
        identity::ApiKeyCreated,
        identity::ApiKeyRevoked,
        identity::PasswordChanged,
        identity::RoleChanged,
        identity::SessionRevoked,
        identity::SessionStarted,
        identity::SignInFailed,
        identity::TeamChanged,
        identity::UserCreated,
        identity::UserInvited,
        identity::UserUpdated,
        identity::WorkspaceCreated,
        lead::AccountCreated,
        lead::AccountMerged,
        lead::AccountUnmerged,
        lead::AccountDomainsChanged,
        lead::AccountHierarchyChanged,
        lead::AccountKeyAttended,
        lead::AccountKeyNeglected,
        lead::AccountPlanChanged,
        lead::AccountSegmentChanged,
        lead::AccountUpdated,
        lead::CaptureConfirmationRequested,
        lead::CaptureConfirmed,
        lead::CaptureReceived,
        lead::ContactCreated,
        lead::ContactMerged,
        lead::ContactUnmerged,
        lead::ContactUpdated,
        lead::ConsentGranted,
        lead::ConsentWithdrawn,
        lead::DuplicateDismissed,
        lead::FormChanged,
        lead::LandingPageChanged,
        lead::ContactTouched,
        lead::KeyAccountRulesChanged,
        lead::LeadCaptured,
        lead::LeadConverted,
        lead::LeadMerged,
        lead::LeadUnmerged,
        lead::LeadUpdated,
        lead::PageConverted,
        lead::SegmentBandsChanged,
        lead::SegmentChanged,
        lead::SegmentEntered,
        lead::SegmentExited,
        lead::SourceCostRecorded,
        pipeline::OpportunityCreated,
        pipeline::OpportunityStageChanged,
        pipeline::OpportunityUpdated,
        routing::LeadRouted,
        routing::LeadUnrouted,
        routing::RepUpdated,
    )
}

struct Examples {
    clock: Clock,
    actor: Actor,
    envelopes: Vec<Envelope>,
}

impl Examples {
    fn id<T: TypedId>(&self) -> T {
        self.clock.id()
    }

    fn add<E: Event>(&mut self, event: &E) {
        let service = E::TYPE.split('.').nth(1).unwrap_or_default();
        self.envelopes.extend(Envelope::wrap(service, self.id(), self.clock.now(), &self.actor, None, event));
    }

    fn identity(&mut self) {
        let user = identity::User {
            id: self.id(),
            version: 1,
            name: "Grace Hopper".into(),
            email: email("grace@example.com"),
            role: identity::Role::Rep,
            active: true,
            kind: identity::UserKind::Person,
            role_name: Some("account_executive".into()),
            custom_role: None,
            team: None,
        };
        self.add(&identity::UserCreated { current: user.clone() });
        self.add(&identity::UserUpdated {
            previous: user.clone(),
            current: identity::User { version: 2, active: false, ..user.clone() },
        });
        self.add(&identity::ApiKeyRevoked { key: self.id() });
        self.access(user.id);
    }

    /// What came later than the rest, with ids of its own, so that no older example changes.
    fn access(&mut self, user: kernel::UserId) {
        let later = Clock::fixed(self.clock.now(), 8);
        let clock = std::mem::replace(&mut self.clock, later);
        let client = || identity::Client { address: Some("192.0.2.7".into()), request_id: Some("req-1".into()) };
        let (parent, team, key, session) = (self.id(), self.id(), self.id(), self.id());
        let sales =
            identity::Team { id: team, version: 1, name: "EMEA".into(), path: vec![parent, team], manager: None };
        self.add(&identity::TeamChanged {
            team,
            previous: Some(sales.clone()),
            current: Some(identity::Team { version: 2, manager: Some(user), ..sales }),
        });
        let role = identity::CustomRole {
            id: self.id(),
            version: 1,
            name: "Auditor".into(),
            base: "read_only".into(),
            grants: json!({ "grants": [{ "object": "lead", "action": "export", "scope": "team" }], "fields": [] }),
        };
        self.add(&identity::RoleChanged { role: role.id, previous: None, current: Some(role) });
        self.add(&identity::ApiKeyCreated {
            key,
            user,
            name: "CRM sync".into(),
            permissions: vec![kernel::Permission::Read],
            objects: Some(vec![kernel::Object::Lead, kernel::Object::Account]),
            expires_at: Some(self.clock.now()),
            replaces: Some(self.id()),
        });
        let method = identity::SignInMethod::Password;
        self.add(&identity::SessionStarted { session, user, method, client: client() });
        let because = identity::RevokedBecause::RefreshReused;
        self.add(&identity::SessionRevoked { session, user, because, client: client() });
        self.add(&identity::SignInFailed { user, method, client: client() });
        self.add(&identity::PasswordChanged { user, client: client() });
        self.add(&identity::UserInvited { user, expires_at: self.clock.now() });
        self.add(&identity::WorkspaceCreated { workspace: self.id(), slug: "emea".into(), name: "EMEA".into() });
        self.clock = clock;
    }

    fn lead(&mut self) {
        let account = lead::Account {
            id: self.id(),
            version: 1,
            name: "Example Industries".into(),
            domain: Some("example.com".into()),
            industry: Some("Machinery".into()),
            country: Some("DE".into()),
            employees: Some("51-200".into()),
            owner: None,
            created_at: self.clock.now(),
        };
        let lead = lead::Lead {
            id: self.id(),
            version: 1,
            email: email("ada@example.com"),
            first_name: Some(PersonName::new("Ada")),
            last_name: Some(PersonName::new("Lovelace")),
            title: Some("Head of Engines".into()),
            company: Some("Example Industries".into()),
            company_domain: Some("example.com".into()),
            phone: None,
            country: Some("GB".into()),
            employees: Some("51-200".into()),
            source: "Webinar".into(),
            status: lead::LeadStatus::New,
            account: Some(account.id),
            created_at: self.clock.now(),
        };
        let converted = lead::Lead { version: 2, status: lead::LeadStatus::Converted, ..lead.clone() };
        let contact = lead::Contact {
            id: self.id(),
            version: 1,
            account: Some(account.id),
            email: lead.email.clone(),
            first_name: lead.first_name.clone(),
            last_name: lead.last_name.clone(),
            title: lead.title.clone(),
            owner: None,
            created_at: self.clock.now(),
        };
        self.add(&lead::LeadCaptured { current: lead.clone() });
        self.add(&lead::LeadUpdated {
            previous: lead.clone(),
            current: lead::Lead { version: 2, title: None, ..lead.clone() },
        });
        self.add(&lead::LeadConverted {
            previous: lead,
            current: converted,
            contact: contact.id,
            account: account.id,
            opportunity: Some(lead::RequestedOpportunity {
                id: self.id(),
                name: "Engines for 2027".into(),
                amount: Some(AMOUNT),
            }),
            owner: None,
        });
        self.add(&lead::ContactCreated { current: contact.clone() });
        self.add(&lead::AccountCreated { current: account.clone() });
        self.add(&lead::AccountUpdated {
            previous: account.clone(),
            current: lead::Account { version: 2, domain: None, ..account },
        });
        self.contact_updated(contact);
        self.segments();
        self.captures();
    }

    /// Later than the rest, as [`access`](Self::access).
    fn contact_updated(&mut self, previous: lead::Contact) {
        let later = Clock::fixed(self.clock.now(), 9);
        let clock = std::mem::replace(&mut self.clock, later);
        let current = lead::Contact { version: 2, title: Some("Chief Engineer".into()), ..previous.clone() };
        self.add(&lead::ContactUpdated { previous, current });
        self.clock = clock;
    }

    /// Later than the rest, as [`access`](Self::access).
    fn segments(&mut self) {
        let later = Clock::fixed(self.clock.now(), 12);
        let clock = std::mem::replace(&mut self.clock, later);
        let segment: kernel::SegmentId = self.id();
        let definition = "country in (\"DE\", \"FR\") and not title contains \"intern\"".to_owned();
        let previous = lead::Segment { id: segment, version: 1, name: "Enterprise".into(), definition };
        let current = lead::Segment { version: 2, name: "Continental".into(), ..previous.clone() };
        self.add(&lead::SegmentChanged { segment, previous: Some(previous), current: Some(current) });
        let lead = self.id();
        self.add(&lead::SegmentEntered { segment, version: 2, lead });
        self.add(&lead::SegmentExited { segment, version: 2, lead });
        self.clock = clock;
    }

    fn enrichment(&mut self) {
        let lead = self.id();
        self.add(&enrichment::EmailVerified {
            lead,
            email: email("ada@example.com"),
            verdict: enrichment::Verdict::Risky,
            failed: vec!["free_mail".into()],
            verified_at: self.clock.now(),
        });
        let claim = enrichment::Claim {
            field: "industry".into(),
            value: "Machinery".into(),
            provider: "account_base".into(),
            confidence: 0.9,
            observed_at: self.clock.now(),
        };
        self.add(&enrichment::LeadEnriched {
            lead,
            run: self.id(),
            lead_version: 1,
            status: enrichment::RunStatus::Partial,
            fields: vec![claim],
        });
    }

    fn routing(&mut self) {
        let owner = routing::Rep {
            id: self.id(),
            user: self.id(),
            name: "Grace Hopper".into(),
            email: email("grace@example.com"),
        };
        let user = owner.user;
        self.add(&routing::LeadRouted { lead: self.id(), owner, decision: self.id(), rule_version: 1 });
        self.add(&routing::LeadUnrouted {
            lead: self.id(),
            decision: self.id(),
            rule_version: 1,
            reason: "the pool has no active rep".into(),
        });
        self.rep_updated(user);
    }

    /// Later than the rest, as [`access`](Self::access).
    fn rep_updated(&mut self, user: kernel::UserId) {
        let later = Clock::fixed(self.clock.now(), 11);
        let clock = std::mem::replace(&mut self.clock, later);
        let previous =
            routing::RepSettings { id: self.id(), version: 1, user, paused: false, weight: 1, daily_cap: None };
        let current = routing::RepSettings { version: 2, weight: 2, daily_cap: Some(20), ..previous.clone() };
        self.add(&routing::RepUpdated { previous, current });
        self.clock = clock;
    }

    fn cadence(&mut self) {
        let (enrollment, lead) = (self.id(), self.id());
        self.add(&cadence::EnrollmentStarted { enrollment, lead, sequence: self.id() });
        self.add(&cadence::EnrollmentStopped { enrollment, lead, why: "the recipient unsubscribed".into() });
        self.add(&cadence::EnrollmentFinished { enrollment, lead });
        self.add(&cadence::MessageSent { message: self.id(), enrollment, lead, step: 1, sent_at: self.clock.now() });
        self.add(&cadence::ContactUnsubscribed { lead, email: email("ada@example.com"), at: self.clock.now() });
        self.cadence_by_hand(enrollment, lead);
    }

    /// Later than the rest, as [`access`](Self::access).
    fn cadence_by_hand(&mut self, enrollment: kernel::EnrollmentId, lead: kernel::LeadId) {
        let later = Clock::fixed(self.clock.now(), 10);
        let clock = std::mem::replace(&mut self.clock, later);
        let now = self.clock.now();
        let active = cadence::Enrollment {
            id: enrollment,
            version: 1,
            lead,
            sequence: self.id(),
            state: cadence::EnrollmentState::Active,
        };
        let paused = cadence::Enrollment { version: 2, state: cadence::EnrollmentState::Paused, ..active.clone() };
        let resumed = cadence::Enrollment { version: 3, ..active.clone() };
        self.add(&cadence::EnrollmentPaused { previous: active, current: paused.clone() });
        self.add(&cadence::EnrollmentResumed { previous: paused, current: resumed });
        let uncertain = cadence::Message {
            id: self.id(),
            enrollment,
            lead,
            step: 1,
            state: cadence::MessageState::Uncertain,
            attempts: 1,
            due_at: now,
            sent_at: None,
        };
        let queued = cadence::Message { state: cadence::MessageState::Queued, ..uncertain.clone() };
        self.add(&cadence::MessageResolved { previous: uncertain, current: queued });
        let suppression = self.id();
        let reason = "a customer already".to_owned();
        self.add(&cadence::AddressSuppressed { suppression, email: email("ada@example.com"), reason, at: now });
        let running =
            cadence::Mailbox { id: self.id(), version: 1, address: "hello@example.com".into(), paused: false };
        let held = cadence::Mailbox { version: 2, paused: true, ..running.clone() };
        self.add(&cadence::MailboxChanged { previous: running, current: held });
        self.clock = clock;
    }

    fn pipeline(&mut self) {
        let opportunity = pipeline::Opportunity {
            id: self.id(),
            version: 1,
            name: "Engines for 2027".into(),
            account: self.id(),
            contact: Some(self.id()),
            stage: self.id(),
            stage_name: "Discovery".into(),
            state: pipeline::OpportunityState::Open,
            amount: Some(AMOUNT),
            owner: None,
            created_at: self.clock.now(),
        };
        let moved = pipeline::Opportunity {
            version: 2,
            stage: self.id(),
            stage_name: "Proposal".into(),
            ..opportunity.clone()
        };
        self.add(&pipeline::OpportunityCreated { current: opportunity.clone() });
        let renamed = pipeline::Opportunity { version: 3, name: "Engines for 2028".into(), ..moved.clone() };
        self.add(&pipeline::OpportunityStageChanged { previous: opportunity, current: moved.clone() });
        self.add(&pipeline::OpportunityUpdated { previous: moved, current: renamed });
    }

    /// Later than the rest, as [`access`](Self::access).
    fn merges(&mut self) {
        let later = Clock::fixed(self.clock.now(), 21);
        let clock = std::mem::replace(&mut self.clock, later);
        let created_at = self.clock.now();
        let lead = |id, version, address: &str| lead::Lead {
            id,
            version,
            email: email(address),
            first_name: Some(PersonName::new("Ada")),
            last_name: Some(PersonName::new("Lovelace")),
            title: None,
            company: Some("Engines".into()),
            company_domain: None,
            phone: None,
            country: None,
            employees: None,
            source: "Webinar".into(),
            status: lead::LeadStatus::New,
            account: None,
            created_at,
        };
        let (merge, one, other) = (self.id(), self.id(), self.id());
        let to = |to| vec![lead::Redirect { from: other, to }];
        self.add(&lead::LeadMerged {
            merge,
            previous: lead(one, 1, "ada@example.com"),
            current: lead(one, 2, "ada@example.com"),
            others: vec![lead(other, 2, "a.lovelace@example.com")],
            redirects: to(Some(one)),
        });
        let restored = vec![lead(other, 3, "a.lovelace@example.com")];
        self.add(&lead::LeadUnmerged { merge, survivor: one, restored, redirects: to(None) });
        self.contact_merges();
        self.account_merges();
        let records = vec![one.to_string(), other.to_string()];
        let id = self.id();
        self.add(&lead::DuplicateDismissed { id, kind: kernel::Object::Lead, records });
        self.clock = clock;
    }

    fn contact_merges(&mut self) {
        let created_at = self.clock.now();
        let contact = |id, version, address: &str| lead::Contact {
            id,
            version,
            account: None,
            email: email(address),
            first_name: Some(PersonName::new("Ada")),
            last_name: Some(PersonName::new("Lovelace")),
            title: None,
            owner: None,
            created_at,
        };
        let (merge, one, other) = (self.id(), self.id(), self.id());
        let to = |to| vec![lead::Redirect { from: other, to }];
        self.add(&lead::ContactMerged {
            merge,
            previous: contact(one, 1, "ada@example.com"),
            current: contact(one, 2, "ada@example.com"),
            others: vec![contact(other, 2, "a.lovelace@example.com")],
            redirects: to(Some(one)),
        });
        let restored = vec![contact(other, 3, "a.lovelace@example.com")];
        self.add(&lead::ContactUnmerged { merge, survivor: one, restored, redirects: to(None) });
    }

    fn account_merges(&mut self) {
        let created_at = self.clock.now();
        let account = |id, version, name: &str, domain: &str| lead::Account {
            id,
            version,
            name: name.into(),
            domain: Some(domain.into()),
            industry: None,
            country: None,
            employees: None,
            owner: None,
            created_at,
        };
        let (merge, one, other) = (self.id(), self.id(), self.id());
        let to = |to| vec![lead::Redirect { from: other, to }];
        self.add(&lead::AccountMerged {
            merge,
            previous: account(one, 1, "Engines", "engines.example"),
            current: account(one, 2, "Engines", "engines.example"),
            others: vec![account(other, 2, "Engines Ltd", "engines-uk.example")],
            redirects: to(Some(one)),
        });
        let restored = vec![account(other, 3, "Engines Ltd", "engines-uk.example")];
        self.add(&lead::AccountUnmerged { merge, survivor: one, restored, redirects: to(None) });
    }

    /// With ids of their own, so that no older example changes.
    fn captures(&mut self) {
        let later = Clock::fixed(self.clock.now(), 48);
        let clock = std::mem::replace(&mut self.clock, later);
        let (now, form, page, capture, lead) = (self.clock.now(), self.id(), self.id(), self.id(), self.id());
        let previous = lead::Form {
            id: form,
            version: 1,
            name: "Newsletter".into(),
            source: "Website".into(),
            purpose: Some("newsletter".into()),
            double_opt_in: true,
            active: true,
        };
        let current = lead::Form { version: 2, name: "Letter of news".into(), ..previous.clone() };
        self.add(&lead::FormChanged { form, previous: Some(previous), current: Some(current) });
        let email = email("ada@example.com");
        self.add(&lead::CaptureConfirmationRequested {
            capture,
            form,
            form_name: "Newsletter".into(),
            email: email.clone(),
            url: "https://crm.example.com/f/confirm/0123456789abcdef0123456789abcdef".into(),
            expires_at: now + std::time::Duration::from_secs(7 * 24 * 60 * 60),
        });
        let message = self.id();
        self.add(&cadence::ConfirmationSent { message, capture, email: email.clone(), sent_at: now });
        self.add(&lead::CaptureConfirmed { capture, form, email: email.clone(), at: now });
        let evidence = lead::ConsentEvidence {
            given_at: now,
            page: Some("https://example.com/news".into()),
            form,
            form_version: 2,
            confirmed_at: Some(now),
        };
        let statement = lead::ConsentStatement {
            consent: self.id(),
            email: email.clone(),
            purpose: "newsletter".into(),
            wording: Some("Send me the newsletter; I can leave at any time.".into()),
            note: None,
            capture: Some(capture),
            said_at: now,
        };
        self.add(&lead::ConsentGranted { statement: statement.clone() });
        let note = Some("By telephone".into());
        self.add(&lead::ConsentWithdrawn {
            statement: lead::ConsentStatement { wording: None, note, capture: None, ..statement },
        });
        let text = "Send me the newsletter; I can leave at any time.".into();
        self.add(&lead::CaptureReceived {
            capture,
            form,
            lead,
            email,
            created: true,
            page: Some(page),
            variant: Some("a".into()),
            utm: lead::Utm { source: Some("linkedin".into()), ..lead::Utm::default() },
            consent: Some(lead::Consent { purpose: "newsletter".into(), text, version: 1, evidence }),
            at: now,
        });
        self.add(&lead::PageConverted { page, variant: "a".into(), capture, lead, at: now });
        let previous = lead::LandingPage {
            id: page,
            version: 1,
            slug: "engines".into(),
            title: "Engines that think".into(),
            published: false,
        };
        let current = lead::LandingPage { version: 2, published: true, ..previous.clone() };
        self.add(&lead::LandingPageChanged { page, previous: Some(previous), current: Some(current) });
        let cost = self.id();
        self.add(&lead::SourceCostRecorded { cost, source: "Website".into(), amount: AMOUNT, spent_at: now });
        self.clock = clock;
    }

    fn accounts(&mut self) {
        let later = Clock::fixed(self.clock.now(), 26);
        let clock = std::mem::replace(&mut self.clock, later);
        let account: kernel::AccountId = self.id();
        let (previous, current) =
            (vec!["example.com".to_owned()], vec!["example.com".to_owned(), "example.co.uk".to_owned()]);
        self.add(&lead::AccountDomainsChanged { account, previous, current });
        let parent = self.id();
        self.add(&lead::AccountHierarchyChanged {
            account,
            previous: None,
            current: Some(parent),
            previous_ultimate: account,
            current_ultimate: parent,
        });
        let claim = lead::SizeClaim {
            provider: "directory".into(),
            confidence: 0.9,
            observed_at: self.clock.now(),
            run: self.id(),
            value: "201-500".into(),
        };
        self.add(&lead::AccountSegmentChanged {
            account,
            previous: Some(lead::SizeSegment::Smb),
            current: Some(lead::SizeSegment::MidMarket),
            because: Some(lead::SizeCause {
                field: "employees".into(),
                value: claim.value.clone(),
                head_count: 350,
                bands_version: 2,
                claim: Some(claim),
            }),
        });
        let bands = |version: i64, mid_market_from: i64| lead::SegmentBands {
            version,
            thresholds: lead::SizeThresholds { mid_market_from, enterprise_from: 1_000 },
            margin_percent: 10,
            regions: vec![lead::RegionThresholds {
                countries: vec!["DE".into()],
                thresholds: lead::SizeThresholds { mid_market_from: 50, enterprise_from: 500 },
            }],
        };
        self.add(&lead::SegmentBandsChanged { previous: bands(1, 100), current: bands(2, 200) });
        self.key_accounts(account);
        self.clock = clock;
    }

    fn key_accounts(&mut self, account: kernel::AccountId) {
        let (contact, now) = (self.id(), self.clock.now());
        let current = lead::AccountPlan {
            version: 1,
            tier: Some(lead::Tier::Key),
            goals: vec!["Renew for three years".into()],
            stakeholders: vec![lead::Stakeholder { contact, role: "champion".into() }],
            risks: vec!["A new head of purchasing".into()],
            whitespace: vec!["Boilers".into()],
        };
        self.add(&lead::AccountPlanChanged { account, previous: lead::AccountPlan::default(), current });
        let previous = lead::KeyAccountRules { version: 1, untouched_days: 30, min_contacts: 2, within_days: 90 };
        let current = lead::KeyAccountRules { version: 2, untouched_days: 14, ..previous.clone() };
        self.add(&lead::KeyAccountRulesChanged { previous, current });
        let (alert, neglect) = (self.id(), lead::Neglect::Untouched);
        let because = lead::Engagement { last_touch_at: Some(now), two_way_contacts: 2, rules_version: 2 };
        self.add(&lead::AccountKeyNeglected { account, alert, neglect, because });
        self.add(&lead::AccountKeyAttended { account, alert, neglect });
        self.add(&lead::ContactTouched { contact, kind: lead::TouchKind::Meeting, two_way: true, at: now });
    }
}

const AMOUNT: Money = Money { minor: 1_250_000, currency: Currency::EUR };

#[expect(clippy::expect_used, reason = "the addresses are literals in this file")]
fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("a literal address")
}
