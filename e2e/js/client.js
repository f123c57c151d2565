// Runs steps with the AWS SDK for JavaScript and prints what the SDK made of the answers.
//
//     AWS_ENDPOINT_URL_DEVICE_FARM=http://127.0.0.1:8623 node client.js < steps.json
//
// Endpoint, credentials, region and retry settings come from the environment. package.json pins the newest
// versions that run on Node.js 18, which Debian 12 packages.
//
// The input is {"readTimeout": SECONDS, "steps": [{"operation": ..., "input": ...,
// "paginate": BOOL}]}. The output is a list with one entry for each step: {"output": ...},
// or {"error": NAME, "message": TEXT} where the SDK threw one of the typed exceptions
// of Device Farm. Any other exception ends the program.

import { readFileSync } from "node:fs";
import * as sdk from "@aws-sdk/client-device-farm";

const exceptions = {
  ArgumentException: sdk.ArgumentException,
  NotFoundException: sdk.NotFoundException,
  NotEligibleException: sdk.NotEligibleException,
  LimitExceededException: sdk.LimitExceededException,
  ServiceAccountException: sdk.ServiceAccountException,
};

function newClient(readTimeout) {
  if (!readTimeout) return new sdk.DeviceFarmClient({});
  const requestHandler = { requestTimeout: readTimeout * 1000, throwOnRequestTimeout: true };
  return new sdk.DeviceFarmClient({ requestHandler });
}

async function sendAllPages(client, { operation, input }) {
  const all = {};
  for await (const page of sdk[`paginate${operation}`]({ client }, input)) {
    for (const [member, items] of Object.entries(page)) {
      if (Array.isArray(items)) all[member] = (all[member] ?? []).concat(items);
    }
  }
  return all;
}

async function send(client, step) {
  if (step.paginate) return sendAllPages(client, step);
  const { $metadata, ...output } = await client.send(new sdk[`${step.operation}Command`](step.input));
  return output;
}

async function run(client, step) {
  try {
    return { output: await send(client, step) };
  } catch (error) {
    for (const [name, type] of Object.entries(exceptions)) {
      if (error instanceof type) return { error: name, message: error.message };
    }
    throw error;
  }
}

const session = JSON.parse(readFileSync(0, "utf8"));
const client = newClient(session.readTimeout);
const outcomes = [];
for (const step of session.steps) outcomes.push(await run(client, step));
process.stdout.write(JSON.stringify(outcomes));
client.destroy();
