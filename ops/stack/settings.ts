/**
 * The settings of every server, in one place. The local stack writes them into its configuration files and command
 * lines; `docker-compose.kafka.yml` repeats them and a test compares the two. What depends on where a server runs
 * (ports, folders, listeners) is added by the server's own file.
 */

/** Kafka, one node that is broker and controller: everything that is written must fit one replica. */
export const kafkaSettings: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  // A restarted pipeline must not wait three seconds for members that will not come.
  'group.initial.rebalance.delay.ms': '0',
  // A transaction whose process died ends when it is looked at after its time-out: with the default of every 10 s, whoever takes over waits for up to 20.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  // A broker that was killed may not register again before its old session has ended (9 s by default).
  'broker.session.timeout.ms': '6000',
  // A topic with a typing error is an error. Topics come from the typed registry only.
  'auto.create.topics.enable': 'false',
  // retention.bytes deletes whole segments: with the default of 1 GiB a cap below that would never bite.
  'log.segment.bytes': '134217728',
  'log.retention.check.interval.ms': '30000',
  // The cleaner's default of 128 MiB is a quarter of this broker's heap.
  'log.cleaner.dedupe.buffer.size': '33554432',
};

/**
 * Kafka's JVM. About 370 MB resident with it. A local broker is young, and shares the cores with whom it serves: with the quick compiler alone it used 53 CPU-seconds where with both it used 84 (all of
 * npm run bench -- --records 1000000, on a fresh stack), 27 and 38 where it used 43 and 54 (an integration test of two minutes). One in a container lives longer, and keeps both.
 */
export const kafkaJvm: readonly string[] = ['-Xms256m', '-Xmx512m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];

/** The registry's environment. Its H2 file storage lost ids on kill -9, so it is PostgreSQL, in a database of its own. */
export const registrySettings: Readonly<Record<string, string>> = {
  APICURIO_STORAGE_KIND: 'sql',
  APICURIO_STORAGE_SQL_KIND: 'postgresql',
  APICURIO_DATASOURCE_USERNAME: 'registry',
  APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '1',
  APICURIO_DATASOURCE_JDBC_MIN_SIZE: '1',
  APICURIO_DATASOURCE_JDBC_MAX_SIZE: '10',
  APICURIO_USAGE_TELEMETRY_ENABLED: 'false',
  QUARKUS_OTEL_SDK_DISABLED: 'true',
};

/**
 * The registry's JVM. 210 to 265 MB resident with it. It is asked a few times per start of a pipeline, so the quick compiler alone
 * will do: its own start takes 4.3 CPU-seconds instead of 8.2.
 */
export const registryJvm: readonly string[] = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];

/** The level every new subject starts from; the registry's own default is NONE. */
export const registryCompatibility = 'BACKWARD_TRANSITIVE';

/** PostgreSQL, as `-c name=value`. */
export const postgresSettings: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Refreshes of continuous aggregates and their policies are background workers.
  max_worker_processes: '24',
};

/** In addition where TimescaleDB is installed. Creating the extension without the preload ends the connection. */
export const timescaleSettings: Readonly<Record<string, string>> = {
  shared_preload_libraries: 'timescaledb',
  'timescaledb.telemetry_level': 'off',
  'timescaledb.max_background_workers': '16',
};

/** Redis, as `--name value`. The append-only file is written before the reply, so kill -9 loses nothing; a power cut a second. */
export const redisSettings: Readonly<Record<string, string>> = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
};
