import { clientOfTheEnvironment } from './client.js';
import { JourneyDocument } from './gql/graphql.js';

const email = process.argv[2];
if (!email) throw new Error('which lead? give an address');

const { leads } = await clientOfTheEnvironment()(JourneyDocument, { email });
const lead = leads.edges[0]?.node;
if (!lead) throw new Error(`there is no lead ${email}`);

console.log(`${lead.email}: ${lead.status}, came from ${lead.source}`);
console.log(`account: ${lead.account?.name ?? 'none'}`);
console.log(`verified: ${lead.verification?.verdict ?? 'not yet'}`);
for (const { name, value, provider } of lead.enrichment?.fields ?? []) {
  console.log(`known: ${name} is ${JSON.stringify(value)}, says ${provider}`);
}
console.log(`owner: ${lead.routing?.owner?.name ?? 'nobody yet'}`);
for (const { rep, eligible, rejectedBecause } of lead.routing?.decision.candidates ?? []) {
  console.log(`candidate: ${rep.name}, ${eligible ? 'eligible' : rejectedBecause}`);
}
for (const { sequence, state, why } of lead.enrollments ?? []) {
  console.log(`enrolled: ${sequence?.name ?? 'a sequence that is gone'}, ${state}${why ? `: ${why}` : ''}`);
}
