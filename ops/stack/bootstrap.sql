-- Roles and databases of the stack. Run by a superuser with psql at every start, and by the container at its first; a second run
-- changes nothing but the passwords, which come from the environment and are never written to a log.
\set ON_ERROR_STOP on
SET log_min_error_statement = panic;
SET log_statement = 'none';
SET client_min_messages = warning;
\getenv owner_password ODDSTREAM_OWNER_PASSWORD
\getenv sink_password ODDSTREAM_SINK_PASSWORD
\getenv bets_password ODDSTREAM_BETS_PASSWORD
\getenv quant_password ODDSTREAM_QUANT_PASSWORD
\getenv registry_password ODDSTREAM_REGISTRY_PASSWORD

-- odds_writer: what a sink may do; bets_writer: what may be done with bets and the ledger. The migrations grant them their rights, programs log in as members of them.
SELECT format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', name, login)
  FROM (VALUES ('oddstream', 'LOGIN'), ('oddstream_sink', 'LOGIN'), ('oddstream_bets', 'LOGIN'), ('quant', 'LOGIN'), ('registry', 'LOGIN'),
               ('odds_writer', 'NOLOGIN'), ('bets_writer', 'NOLOGIN')) AS role (name, login)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE oddstream PASSWORD :'owner_password';
ALTER ROLE oddstream_sink PASSWORD :'sink_password';
ALTER ROLE oddstream_bets PASSWORD :'bets_password';
ALTER ROLE quant PASSWORD :'quant_password';
ALTER ROLE registry PASSWORD :'registry_password';
GRANT odds_writer TO oddstream_sink;
GRANT bets_writer TO oddstream_bets;
-- A second lock beside the missing grants, and a limit so that one query cannot hold back vacuum for hours.
ALTER ROLE quant SET default_transaction_read_only = on;
ALTER ROLE quant SET statement_timeout = '5min';

SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L', name, name, 'UTF8')
  FROM (VALUES ('oddstream'), ('registry')) AS database (name)
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name)
\gexec
REVOKE ALL ON DATABASE oddstream, registry FROM PUBLIC;
GRANT CONNECT ON DATABASE oddstream TO oddstream_sink, oddstream_bets, quant;

\connect oddstream
SET client_min_messages = warning;
-- Installed and preloaded: without the preload, CREATE EXTENSION would end the connection. A database that was migrated before TimescaleDB was installed stays plain, and
-- has a time_bucket of its own, with which the extension's would collide.
SELECT 'CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public'
 WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
   AND EXISTS (SELECT FROM pg_settings WHERE name = 'timescaledb.max_background_workers')
   AND to_regprocedure('public.time_bucket(interval, timestamptz)') IS NULL
\gexec
