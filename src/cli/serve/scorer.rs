//! The engine, seen from the network, with the folder that it must be able to write.

use std::path::PathBuf;

use anyhow::Context;

use crate::bundle::Bundle;
use crate::cli::model::{ModelFlags, deployment_key};
use crate::domain::{
    Assessment, Client, Exchange, Message, Parameters, Response, Risk, Role, Sensitive, Timestamp,
};
use crate::engine::Engine;
use crate::privacy::PseudonymKey;
use crate::server::{NotReady, ScoreError, Scorer, Standing};
use crate::settings::Settings;

/// The engine, seen from the network.
pub(super) struct EngineScorer {
    engine: Engine,
    bundle_digest: String,
    data: PathBuf,
}

impl EngineScorer {
    /// An engine on the bundle, the key and the folder that the settings name.
    pub(super) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let model = &settings.model;
        let flags = ModelFlags::new(model.bundle.clone(), model.accounts_max);
        let files = flags.files()?;
        let bundle = Bundle::from_files(&files).context("model bundle")?;
        let data = settings.data.folder.clone();
        let key = match &settings.privacy.pseudonym_key {
            None => deployment_key(&data)?,
            Some(secret) => {
                std::fs::create_dir_all(&data)
                    .with_context(|| format!("data folder {}", data.display()))?;
                let secret = blake3::Hash::from_hex(secret.expose());
                let secret = secret
                    .ok()
                    .context("privacy.pseudonym_key: expected 64 hexadecimal digits")?;
                PseudonymKey::from_bytes(*secret.as_bytes())
            }
        };
        Ok(Self {
            engine: Engine::new(bundle.into_engine_parts(key), model.accounts_max),
            bundle_digest: blake3::hash(files.manifest.as_bytes()).to_hex().to_string(),
            data,
        })
    }
}

impl Scorer for EngineScorer {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        Ok(self.engine.score(&exchange))
    }

    fn standing(&self, account: &str) -> Option<Standing> {
        let (seen, judgement) = self.engine.standing(account)?;
        Some(Standing {
            seen,
            risk: judgement.calibrated.risk,
            band: judgement.band,
            recommendation: judgement.recommendation,
        })
    }

    fn conversation_risk(&self, exchange: &Exchange) -> Result<Risk, ScoreError> {
        Ok(self.engine.conversation_risk(exchange))
    }

    fn case(&self, account: &str) -> String {
        self.engine.case(account)
    }

    fn bundle(&self) -> String {
        self.engine.bundle().to_owned()
    }

    fn bundle_digest(&self) -> String {
        self.bundle_digest.clone()
    }

    fn accounts(&self) -> usize {
        self.engine.accounts()
    }

    fn probe(&self) -> Result<(), NotReady> {
        let assessment = self.engine.trial(&canary());
        if !assessment.score.is_finite() {
            return Err(NotReady {
                waiting_for: "a model that scores",
            });
        }
        let trace = self.data.join("writable");
        let written = std::fs::write(&trace, b"").and_then(|()| std::fs::remove_file(&trace));
        written.map_err(|_| NotReady {
            waiting_for: "a data folder that can be written",
        })
    }

    fn ready(&self) -> Result<(), NotReady> {
        Ok(())
    }
}

/// The exchange that readiness is tried on.
fn canary() -> Exchange {
    Exchange {
        id: None,
        time: Timestamp::from_micros(0),
        account: "canary".to_owned(),
        organization: None,
        conversation: None,
        model: "canary".to_owned(),
        system: None,
        messages: vec![Message {
            role: Role::User,
            content: Sensitive::new("Which bird was taken down into the mine?".to_owned()),
        }],
        tools: Vec::new(),
        parameters: Parameters::default(),
        response: Response::default(),
        client: Client::default(),
    }
}
