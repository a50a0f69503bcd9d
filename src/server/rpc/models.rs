//! `stillwatch.v1.ModelService`: the available bundles in the contract's form.

use std::sync::Arc;

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use crate::server::queue::dispatcher::Dispatcher;
use crate::server::{ModelEntry, Models};
use crate::wire::contract::{
    self, ActivateModelRequest, ActivateModelResponse, ListModelsRequest, ListModelsResponse,
    Model, ModelFile, VerifyModelRequest, VerifyModelResponse,
};
use crate::wire::{WireError, required_name};

/// The service implementation, shared by all protocols.
pub(in crate::server) struct ModelApi {
    pub(in crate::server) dispatcher: Arc<Dispatcher>,
    pub(in crate::server) models: Arc<dyn Models>,
}

impl ModelApi {
    async fn verified(&self, bundle: &str) -> Result<VerifyModelResponse, WireError> {
        let bundle = required_name("bundle", bundle, self.dispatcher.bounds())?;
        let models = Arc::clone(&self.models);
        let requested = bundle.clone();
        let verified = self
            .dispatcher
            .ask(move || models.verify(&requested))
            .await??;
        let files = verified.files.into_iter();
        Ok(VerifyModelResponse {
            bundle,
            fits: Some(verified.problem.is_none()),
            problem: verified.problem.unwrap_or_default().to_owned(),
            files: files
                .map(|hash| ModelFile {
                    file: hash.file.to_owned(),
                    expected_hash: hash.expected.unwrap_or_default(),
                    actual_hash: hash.actual,
                })
                .collect(),
        })
    }

    async fn activated(
        &self,
        bundle: &str,
        forget_histories: bool,
    ) -> Result<ActivateModelResponse, WireError> {
        let bundle = required_name("bundle", bundle, self.dispatcher.bounds())?;
        let models = Arc::clone(&self.models);
        let requested = bundle.clone();
        let work = move || models.activate(&requested, forget_histories);
        let kept = self.dispatcher.ask(work).await??;
        Ok(ActivateModelResponse {
            bundle,
            histories_kept: Some(kept),
        })
    }
}

impl contract::ModelService for ModelApi {
    async fn list_models<'a>(
        &'a self,
        _context: RequestContext,
        _request: ServiceRequest<'_, ListModelsRequest>,
    ) -> ServiceResult<impl Encodable<ListModelsResponse> + Send + use<'a>> {
        let models = Arc::clone(&self.models);
        let entries = self.dispatcher.ask(move || models.list()).await;
        let entries = entries.map_err(|error| error.to_connect())?;
        let models = entries.into_iter().map(model_to_contract).collect();
        Response::ok(ListModelsResponse { models })
    }

    async fn verify_model<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, VerifyModelRequest>,
    ) -> ServiceResult<impl Encodable<VerifyModelResponse> + Send + use<'a>> {
        let verified = self.verified(request.bundle).await;
        Response::ok(verified.map_err(|error| error.to_connect())?)
    }

    async fn activate_model<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ActivateModelRequest>,
    ) -> ServiceResult<impl Encodable<ActivateModelResponse> + Send + use<'a>> {
        let activated = self
            .activated(request.bundle, request.forget_histories)
            .await;
        Response::ok(activated.map_err(|error| error.to_connect())?)
    }
}

fn model_to_contract(entry: ModelEntry) -> Model {
    Model {
        bundle: entry.bundle,
        built_in: Some(entry.built_in),
        active: Some(entry.active),
        keeps_histories: Some(entry.keeps_histories),
        text_model: entry.text_model.unwrap_or_default(),
    }
}
