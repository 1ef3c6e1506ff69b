#!/usr/bin/env node
// The `oddstream` command.
'use strict';

const { join } = require('node:path');
const { end, load } = require('../program.cjs');

load(join(__dirname, 'main.ts')).then(({ main }) => main(process.argv.slice(2))).catch(end);
