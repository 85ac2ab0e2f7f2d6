#!/usr/bin/env node
const { start } = require('./start.js');

start('convert-to-nx-cloud-id');
