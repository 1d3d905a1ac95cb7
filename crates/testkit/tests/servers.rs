//! The servers that other tests stand on.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
};

use async_nats::jetstream::{self, consumer::pull, stream};
use futures::StreamExt;
use pipewright_testkit::{NatsServer, PostgresServer, nats_url, postgres_database, postgres_url};
use sqlx::{Connection, Executor, PgConnection};

/// Starts the servers, says where they are, and holds them until its input ends.
const BINARY: &str = env!("CARGO_BIN_EXE_test-servers");

#[tokio::test]
async fn a_fresh_database_holds_what_is_put_in() {
    let database = postgres_database().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    connection.execute("create table rep (id uuid primary key, name text not null)").await.unwrap();
    connection.execute("insert into rep values ('00000000-0000-7000-8000-000000000001', 'Ada')").await.unwrap();
    let name: String = sqlx::query_scalar("select name from rep").fetch_one(&mut connection).await.unwrap();
    assert_eq!(name, "Ada");
}

#[tokio::test]
async fn databases_share_a_server_and_nothing_else() {
    let (one, other) = tokio::join!(postgres_database(), postgres_database());
    let mut connection = PgConnection::connect(&one.url).await.unwrap();
    connection.execute("create table mine (id int)").await.unwrap();
    let mut connection = PgConnection::connect(&other.url).await.unwrap();
    connection.execute("create table mine (id int)").await.unwrap();
}

#[tokio::test]
async fn a_database_goes_with_its_test_even_while_connections_are_open() {
    let database = postgres_database().await;
    let name = database.url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let _open = PgConnection::connect(&database.url).await.unwrap();
    drop(database);
    let mut server = PgConnection::connect(&postgres_url().await).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from pg_database where datname = $1")
        .bind(name)
        .fetch_one(&mut server)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn postgres_keeps_its_data_and_port_through_a_kill() {
    let mut server = PostgresServer::start().await;
    let database = server.database().await;
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    connection.execute("create table kept as select 42 as answer").await.unwrap();

    server.kill();
    assert!(PgConnection::connect(&database.url).await.is_err(), "a killed server does not answer");
    server.restart();

    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let answer: i32 = sqlx::query_scalar("select answer from kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(answer, 42);
}

#[tokio::test]
async fn the_shared_nats_delivers_a_message_once_by_its_id() {
    let jetstream = jetstream::new(async_nats::connect(nats_url().await).await.unwrap());
    let stream = stream_of(&jetstream, "testkit-shared").await;
    for _ in 0..2 {
        publish(&jetstream, "testkit-shared.lead.captured", "one").await;
    }
    assert_eq!(stream.get_info().await.unwrap().state.messages, 1);
    assert_eq!(read(&stream).await, "hello");
    jetstream.delete_stream("testkit-shared").await.unwrap();
}

#[tokio::test]
async fn nats_keeps_its_stream_and_port_through_a_kill() {
    let mut server = NatsServer::start().await;
    let url = server.url();
    let jetstream = jetstream::new(async_nats::connect(&url).await.unwrap());
    stream_of(&jetstream, "kept").await;
    publish(&jetstream, "kept.lead.captured", "one").await;

    server.kill();
    assert!(async_nats::connect(&url).await.is_err(), "a killed server does not answer");
    server.restart();

    let jetstream = jetstream::new(async_nats::connect(&url).await.unwrap());
    let stream = jetstream.get_stream("kept").await.unwrap();
    assert_eq!(read(&stream).await, "hello");
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let postgres = PostgresServer::start().await;
    let nats = NatsServer::start().await;
    let (postgres_url, nats_url) = (postgres.url(), nats.url());
    drop((postgres, nats));
    assert!(PgConnection::connect(&postgres_url).await.is_err());
    assert!(async_nats::connect(&nats_url).await.is_err());
}

/// Plays a test process that is killed in mid-run: nothing of it may stay behind.
#[test]
fn servers_die_with_a_killed_owner() {
    let mut owner = TestServers::command(BINARY).env_remove("NEXTEST_RUN_ID").spawn().map(TestServers::of).unwrap();
    let servers = owner.connect();
    owner.process.kill().unwrap();
    owner.process.wait().unwrap();
    servers.await_their_end();
}

/// Plays a test run: a shell is the runner, and two processes in turn ask for the run's servers.
#[test]
fn a_run_shares_its_servers_and_they_end_with_it() {
    let script = "\"$0\" </dev/null && \"$0\" </dev/null && read -r _";
    let run = format!("of-{}", std::process::id());
    let mut runner = TestServers::command("sh")
        .args(["-c", script, BINARY])
        .env("NEXTEST_RUN_ID", &run)
        .spawn()
        .map(TestServers::of)
        .unwrap();
    let first = runner.connect();
    let second = runner.connect();
    assert_eq!(first.urls, second.urls);
    assert!(std::env::temp_dir().join(format!("pipewright-test-{run}")).exists());

    drop(runner.process.stdin.take());
    runner.process.wait().unwrap();
    first.await_their_end();
    second.await_their_end();
}

async fn stream_of(jetstream: &jetstream::Context, name: &str) -> stream::Stream {
    let config = stream::Config { name: name.into(), subjects: vec![format!("{name}.>")], ..Default::default() };
    jetstream.create_stream(config).await.unwrap()
}

async fn publish(jetstream: &jetstream::Context, subject: &str, id: &str) {
    let message = jetstream::message::PublishMessage::build().payload("hello".into()).message_id(id);
    jetstream.send_publish(subject.to_owned(), message).await.unwrap().await.unwrap();
}

async fn read(stream: &stream::Stream) -> String {
    let consumer = stream.create_consumer(pull::Config::default()).await.unwrap();
    let message = consumer.messages().await.unwrap().next().await.unwrap().unwrap();
    message.ack().await.unwrap();
    String::from_utf8(message.payload.to_vec()).unwrap()
}

/// A process that runs the binary `test-servers`.
struct TestServers {
    process: Child,
    output: BufReader<ChildStdout>,
}

/// An open connection to each server, and where they said they are.
struct Connections {
    urls: Vec<String>,
    open: Vec<TcpStream>,
}

impl TestServers {
    /// Starts servers even when the tests around it use somebody's own.
    fn command(program: &str) -> Command {
        let mut command = Command::new(program);
        for name in ["PIPEWRIGHT_TEST_POSTGRES_URL", "PIPEWRIGHT_TEST_NATS_URL"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }

    fn of(mut process: Child) -> Self {
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output }
    }

    fn connect(&mut self) -> Connections {
        let urls: Vec<String> = (&mut self.output).lines().take(2).map(Result::unwrap).collect();
        let address = |url: &String| url.split_once("127.0.0.1:").unwrap().1.split('/').next().unwrap().to_owned();
        let open = urls.iter().map(|url| TcpStream::connect(format!("127.0.0.1:{}", address(url))).unwrap()).collect();
        Connections { urls, open }
    }
}

impl Connections {
    /// A connection ends when its server does: PostgreSQL says nothing before a client speaks, NATS greets.
    fn await_their_end(self) {
        for mut connection in self.open {
            let _ = connection.read_to_end(&mut Vec::new());
        }
    }
}
