import { clientOfTheEnvironment } from './client.js';
import { NewestLeadsDocument } from './gql/graphql.js';

const request = clientOfTheEnvironment();
const { leads } = await request(NewestLeadsDocument, { first: 5 });

console.log(`${leads.totalCount} leads, the newest:`);
for (const { node: lead } of leads.edges) {
  console.log(`${lead.email} of ${lead.company ?? 'no company'}: ${lead.routing?.owner?.name ?? 'nobody yet'}`);
}
