#!/usr/bin/env node
// Starts the binary of the package that npm installed for this platform.
"use strict";

const { spawnSync } = require("node:child_process");

function isMusl() {
  if (process.platform !== "linux") return false;
  const report = process.report && process.report.getReport();
  const header = (typeof report === "string" ? JSON.parse(report) : report)?.header;
  return !header?.glibcVersionRuntime;
}

function binary() {
  if (process.env.TLSLINT_BINARY) return process.env.TLSLINT_BINARY;
  const suffix = `${process.platform}-${process.arch}${isMusl() ? "-musl" : ""}`;
  const name = process.platform === "win32" ? "tlslint.exe" : "tlslint";
  try {
    return require.resolve(`@tlslint/${suffix}/${name}`);
  } catch {
    console.error(
      `tlslint: there is no package @tlslint/${suffix} beside this one. It is an optional dependency: ` +
        "install without --omit=optional, or set TLSLINT_BINARY to a binary of your own.",
    );
    process.exit(2);
  }
}

const result = spawnSync(binary(), process.argv.slice(2), { stdio: "inherit", windowsHide: true });
if (result.error) {
  console.error(`tlslint: ${result.error.message}`);
  process.exit(2);
}
if (result.signal) process.kill(process.pid, result.signal);
process.exit(result.status ?? 2);
