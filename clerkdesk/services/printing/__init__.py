"""The paper of the registry as PDF: stamps, labels, envelopes, slips, pages in the forms of NĐ 30/2020 PL I and IV."""
