//! The services of the contract: conversion to the domain, the call, conversion back.

pub(super) mod accounts;
pub(super) mod labels;
pub(super) mod models;
pub(super) mod redaction;
pub(super) mod result;
pub(super) mod scoring;
pub(super) mod streaming;
