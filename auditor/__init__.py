"""The auditor: one file that runs by itself and shares nothing with the package it audits."""
