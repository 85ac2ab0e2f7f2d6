#!/usr/bin/env node
const { start } = require('./start.js');

start('login');
