# Numbers for the models, computed by R. Run from this folder:
#   Rscript models.R
# writes models_cohort.csv and models_large_variance.csv (made up, seeded) and models.json.
# Needs lme4, brglm2, geepack, pROC and jsonlite (Debian: r-cran-lme4 r-cran-brglm2 r-cran-geepack r-cran-proc).
suppressMessages({library(lme4); library(brglm2); library(geepack); library(pROC); library(jsonlite)})
options(digits = 15)
set.seed(20251)

# --- a made-up cohort ---------------------------------------------------------------------------------------
n <- 360
cohort <- data.frame(
  id = sprintf("s%03d", 1:n),
  centre = sprintf("c%02d", sample(1:12, n, TRUE)),
  age = round(runif(n, 20, 75)),
  sex = sample(c("female", "male"), n, TRUE),
  activity = sample(c("high", "low", "moderate"), n, TRUE),
  lmm_z = round(rnorm(n), 3)
)
cohort$intermat_z <- round(-0.3 * cohort$lmm_z + rnorm(n), 3)
of_centre <- rnorm(12, sd = 0.8)[as.integer(factor(cohort$centre))]
eta <- -1 - 0.3 * cohort$lmm_z + 0.5 * cohort$intermat_z + 0.25 * cohort$lmm_z * cohort$intermat_z +
  0.02 * (cohort$age - 50) + 0.4 * (cohort$sex == "male") + 0.5 * (cohort$activity == "low") + of_centre
cohort$cbp <- rbinom(n, 1, plogis(eta))
cohort$score <- round(20 + 4 * eta + rnorm(n, sd = 3), 2)
cohort$rare <- as.integer(cohort$sex == "male" & runif(n) < 0.05)
write.csv(cohort, "models_cohort.csv", row.names = FALSE, quote = FALSE)
cohort <- read.csv("models_cohort.csv", stringsAsFactors = TRUE)

# --- many small groups that differ very much, the shape of the toenail trial ---------------------------------
people <- 200
large <- data.frame(person = rep(1:people, each = 7), time = rep(c(0, 1, 2, 3, 6, 9, 12), people))
large$treated <- rep(rbinom(people, 1, 0.5), each = 7)
large$outcome <- rbinom(nrow(large), 1, plogis(-1.6 - 0.2 * large$treated - 0.4 * large$time -
  0.15 * large$treated * large$time + rep(rnorm(people, sd = 4), each = 7)))
write.csv(large, "models_large_variance.csv", row.names = FALSE, quote = FALSE)

strict <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e6), tolPwrss = 1e-12)
told <- function(model) list(
  terms = names(fixef(model)), beta = unname(fixef(model)), se = unname(sqrt(diag(as.matrix(vcov(model))))),
  sd = as.data.frame(VarCorr(model))$sdcor, log_likelihood = as.numeric(logLik(model)))
mixed <- function(formula, data, points) told(glmer(formula, data, binomial, nAGQ = points, control = strict))

# cbpp as single animals, so that lme4's likelihood has no other constant
animals <- do.call(rbind, lapply(seq_len(nrow(cbpp)), function(k) data.frame(
  herd = cbpp$herd[k], period = cbpp$period[k],
  sick = rep(c(1, 0), c(cbpp$incidence[k], cbpp$size[k] - cbpp$incidence[k])))))

# --- Firth ---------------------------------------------------------------------------------------------------
firth <- function(formula, data) {
  fit <- glm(formula, binomial, data, method = "brglmFit", type = "AS_mean", epsilon = 1e-12, maxit = 1000)
  X <- model.matrix(formula, data); y <- model.response(model.frame(formula, data))
  penalised <- function(b) {
    eta <- drop(X %*% b); pi <- plogis(eta)
    sum(y * eta - log1p(exp(eta))) + determinant(crossprod(X, X * (pi * (1 - pi))))$modulus / 2
  }
  b <- coef(fit)
  held <- function(k, value) {
    start <- b[-k]
    for (again in 1:4) {
      found <- optim(start, function(rest) -penalised(append(rest, value, k - 1)), method = "BFGS",
        control = list(reltol = 1e-15, maxit = 2000))
      start <- found$par
    }
    -found$value
  }
  top <- penalised(b); drop <- qchisq(0.95, 1) / 2
  s <- sqrt(diag(solve(crossprod(X, X * (fitted(fit) * (1 - fitted(fit)))))))
  ends <- sapply(seq_along(b), function(k) {
    above <- function(value) held(k, value) - (top - drop)
    c(uniroot(above, c(b[k] - 12 * s[k], b[k]), tol = 1e-9)$root, uniroot(above, c(b[k], b[k] + 12 * s[k]), tol = 1e-9)$root)
  })
  corrected <- coef(glm(y ~ 1, binomial, offset = drop(X[, -1, drop = FALSE] %*% b[-1])))
  list(terms = names(b), beta = unname(b), se = unname(s), low = ends[1, ], high = ends[2, ],
    p = sapply(seq_along(b), function(k) pchisq(2 * (top - held(k, 0)), 1, lower.tail = FALSE)),
    corrected_intercept = unname(corrected), penalised_log_likelihood = as.numeric(top))
}

plain <- glm(cbp ~ lmm_z * intermat_z + age + sex * activity, binomial, cohort)
ordered <- cohort[order(cohort$centre), ]
averaged <- geeglm(cbp ~ lmm_z + intermat_z + age, binomial, ordered, id = centre, corstr = "exchangeable")
line <- lm(score ~ lmm_z + age + sex, cohort)
roc_curve <- roc(cohort$cbp, fitted(plain), quiet = TRUE)
by_group <- lmer(score ~ lmm_z + age + (1 | centre), cohort)
sleep <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
sleep_ml <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE)
sleep_short <- lmer(Reaction ~ 1 + (Days | Subject), sleepstudy, REML = FALSE)
compared <- anova(sleep_short, sleep_ml)

write_json(list(
  made_with = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
    brglm2 = as.character(packageVersion("brglm2")), geepack = as.character(packageVersion("geepack")),
    pROC = as.character(packageVersion("pROC"))),
  glm = list(terms = names(coef(plain)), beta = unname(coef(plain)), se = unname(sqrt(diag(vcov(plain)))),
    log_likelihood = as.numeric(logLik(plain))),
  lm = list(terms = names(coef(line)), beta = unname(coef(line)), se = unname(sqrt(diag(vcov(line)))),
    p = unname(coef(summary(line))[, 4]), low = unname(confint(line)[, 1]), high = unname(confint(line)[, 2]),
    sigma = sigma(line), log_likelihood = as.numeric(logLik(line))),
  firth = firth(rare ~ sex + age + lmm_z, cohort),
  gee = list(beta = unname(coef(averaged)), se = unname(sqrt(diag(vcov(averaged))))),
  auc = list(auc = as.numeric(auc(roc_curve)), ci = as.numeric(ci.auc(roc_curve))),
  cbpp = list(laplace = mixed(sick ~ period + (1 | herd), animals, 1), nine = mixed(sick ~ period + (1 | herd), animals, 9)),
  cohort = mixed(cbp ~ lmm_z * intermat_z + age + sex + (1 | centre), cohort, 9),
  large_variance = list(nine = mixed(outcome ~ treated * time + (1 | person), large, 9),
    twenty_five = mixed(outcome ~ treated * time + (1 | person), large, 25)),
  lmer_intercept = c(told(by_group), reml = REMLcrit(by_group)),
  sleepstudy = c(told(sleep), reml = REMLcrit(sleep)),
  sleepstudy_ml = c(told(sleep_ml), chisq = compared$Chisq[2], df = compared$Df[2], p = compared$`Pr(>Chisq)`[2])
), "models.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
